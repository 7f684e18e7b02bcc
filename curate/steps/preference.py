"""Which of several copies stays: the order of preference in which pairs are looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from curate.pairs.field import Fields, metadata_fields
from curate.pairs.origin import COLLECTED
from curate.steps.property import Property, find, names
from curate.steps.step import Ask, Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure


class Best(BaseModel):
    """The best by a number, or the pair under the most permissive licence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str | None = Field(
        None, description="Highest by a score such as `align`, or a property such as `image.width`."
    )
    licence: str | None = Field(
        None,
        description="A metadata field of SPDX licences: public domain before permissive, then "
        "share-alike, no derivatives, non-commercial, and last what is unknown.",
    )

    @property
    def score(self) -> str | None:
        """The score column that is needed; what is no `field.property` is one."""
        return self.by if self.by is not None and "." not in self.by else None

    def check(self, fields: Fields) -> Iterator[Objection]:
        if (self.by is None) == (self.licence is None):
            yield Objection((), "keep needs either 'by' or 'licence'", "one of the two")
        if self.by is not None and self.score is None:
            found = find(self.by, fields)
            if isinstance(found, Objection):
                yield Objection(("by",), found.message, candidates=names(fields))
            elif found.bare in ("is", "regex"):
                yield Objection(("by",), f"'{self.by}' is not a number", candidates=names(fields))
        known = tuple(metadata_fields(fields))
        if self.licence is not None and self.licence not in known:
            message = f"'{self.licence}' is no metadata field"
            yield Objection(("licence",), message, candidates=known)

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        found = find(self.by, fields) if self.by and not self.score else None
        if not isinstance(found, Property) or self.by is None:
            return []
        return [(found.measure(), self.by.partition(".")[0])]


Keep: TypeAlias = Literal["first", "largest", "balanced"] | Best


def by_preference(table: pl.DataFrame, keep: Keep, image: str | None, ask: Ask) -> pl.DataFrame:
    """The pairs, those to stay first; of equals the first read. `image` is the field whose picture
    is to be largest. What has no value, or one that is no number, comes last. Nothing that was
    made by machine is preferred to what was collected.
    """
    import polars as pl

    if isinstance(keep, Best):
        value = _licences(table[keep.licence]) if keep.licence else _values(table, keep, ask)
    elif keep == "largest" and image is not None:
        value = _areas(table, image, ask)
    else:
        value = pl.Series([None] * table.height, dtype=pl.Float64)
    order = table.select(
        "position",
        made=pl.col("origin") != COLLECTED,
        value=value.cast(pl.Float64).fill_nan(None),
    )
    places = order.with_row_index("place").sort(
        "made", "value", "position", descending=[False, True, False], nulls_last=True
    )
    return table[places["place"]]


def permissiveness(licence: str | None) -> int:
    """How much an SPDX expression allows, 0 for what is unknown to 6 for the public domain; of
    alternatives (`OR`) the best counts, of several that hold at once (`AND`) the worst.
    """
    alternatives = re.split(r"\s+OR\s+", licence or "", flags=re.IGNORECASE)
    return max(
        min(map(_rank, re.split(r"\s+AND\s+", a, flags=re.IGNORECASE))) for a in alternatives
    )


_ORDER = (
    r"CC0|PDDL|CC-PDDC|PUBLIC-DOMAIN|UNLICENSE|0BSD|MIT-0|WTFPL",
    r"MIT|BSD|APACHE|ISC|ZLIB|BSL-1|CC-BY-\d|CC-BY$|ODC-BY|OFL|CDLA-PERMISSIVE",
    r"MPL|LGPL|EPL|CC-BY-SA|ODBL|CDLA-SHARING|GPL|AGPL|EUPL",
    r"CC-BY-ND",
    r"CC-BY-NC(?!-ND)",
    r"CC-BY-NC-ND",
)
"""Families of SPDX identifiers, the most permissive first."""


def _rank(licence: str) -> int:
    name = re.sub(r"[\s_]+", "-", licence.strip(" ()").upper())
    ranks = range(len(_ORDER), 0, -1)
    return next((n for n, family in zip(ranks, _ORDER, strict=True) if re.match(family, name)), 0)


def _licences(cells: pl.Series) -> pl.Series:
    import polars as pl

    known = {value: permissiveness(None if value is None else str(value)) for value in set(cells)}
    return pl.Series("value", [known[value] for value in cells], pl.Int64)


def _values(table: pl.DataFrame, best: Best, ask: Ask) -> pl.Series:
    if best.score is not None:
        return table[best.score]
    assert best.by is not None
    found = find(best.by, ask.fields)
    assert isinstance(found, Property)
    keys = table.select(key=f"{best.by.partition('.')[0]}_sha256")
    values = ask.measure(found.measure(), keys["key"])
    joined = keys.join(values, on="key", how="left", maintain_order="left")
    return joined.select(found.value()).to_series()


def _areas(table: pl.DataFrame, image: str, ask: Ask) -> pl.Series:
    import polars as pl

    from curate.measures.image import IMAGE_PROBE

    keys = table.select(key=f"{image}_sha256")
    sizes = ask.measure(IMAGE_PROBE, keys["key"])
    joined = keys.join(sizes, on="key", how="left", maintain_order="left")
    return joined.select(pl.col("width") * pl.col("height")).to_series()
