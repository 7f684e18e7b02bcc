"""Drop or flag what people do not want to be used, as lists and the data themselves say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from curate.pairs.field import CLOCKED, Fields, content_fields, media_fields, metadata_fields
from curate.steps.against import PDQ_RADIUS
from curate.steps.hashes import DIGITS, named
from curate.steps.optout import OptOut, read_opt_out
from curate.steps.step import Ask, Objection, Outcome, Step

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure

_WORDS = frozenset({"noai", "noimageai", "noml", "nomachinelearning", "1", "1.0", "true"})
"""What a value of a reservation says, in lower case: words of `X-Robots-Tag` and of robots' meta
elements, and the 1 of the W3C's TDM Reservation Protocol (2024)."""


class Consent(Step):
    """Drop or flag what people do not want to be used.

    Opt-out lists name addresses, domains, hashes of contents or ids: of pairs, of rows, or values of
    metadata fields. Reservations stand with the data: values like `noai` or a `tdm-reservation` of 1 in
    metadata fields, and in media files PLUS's data mining property (XMP) and C2PA's or CAWG's assertion
    on training and mining. That nobody is listed does not show that anybody agreed. Put it before a
    step that strips or changes files.
    """

    word: ClassVar[str] = "consent"
    summary: ClassVar[str] = "drop or flag what people do not want to be used"
    examples: ClassVar[tuple[str, ...]] = (
        "- consent: {}",
        "- consent: {lists: [optout.txt], act: flag}",
        "- consent: {lists: [optout.csv, example.org/ai.txt], urls: url, reservations: [robots]}",
    )

    lists: list[str] = Field(
        [],
        exclude=True,
        description="Files beside the recipe: an entry a line (URL, domain, hash, id), CSV with a header of "
        "url, domain, sha256, md5, pdq or id, or a site's ai.txt or robots.txt in a folder named so.",
    )
    urls: str | list[str] = Field(
        [], description="Metadata fields with the address that a pair is from."
    )
    ids: str | list[str] = Field(
        [], description="Metadata fields whose values lists may name, as a speaker's id."
    )
    reservations: str | list[str] = Field(
        [],
        description="Metadata fields that hold `X-Robots-Tag`, `tdm-reservation` and the like.",
    )
    files: bool = Field(
        True, description="Whether media files are read for what they reserve themselves."
    )
    act: Literal["drop", "flag"] = Field("drop", description="What becomes of what is found.")

    def decodes(self, fields: Fields) -> bool:
        return False

    @property
    def withholds(self) -> bool:
        return self.act == "drop"

    def check(self, fields: Fields) -> Iterator[Objection]:
        known = tuple(metadata_fields(fields))
        for key in ("urls", "ids", "reservations"):
            for name in _names(getattr(self, key)):
                if name not in known:
                    yield Objection((key,), f"'{name}' is no metadata field", candidates=known)
        if self.urls and not self.lists:
            yield Objection(
                ("urls",), "no list could name these addresses", "'lists' beside 'urls'"
            )

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        from curate.measures.reserved import file_reserved

        media = media_fields(fields) if self.files else []
        return [
            (file_reserved(fields[name].type), name)
            for name in media
            if fields[name].type not in CLOCKED
        ]

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        from curate.ledger.verdict import verdicts

        lists = [read_opt_out(ask.document(path), path) for path in self.lists]
        nothing = _said(table.clear(), "", "")
        found = [nothing, *self._listed(table, lists, ask), *self._reserved(table, ask)]
        first = pl.concat(found).unique("pair_id", keep="first", maintain_order=True)
        said = table.select("pair_id").join(first, on="pair_id", how="left", maintain_order="left")
        acted = pl.when(pl.col("reason").is_not_null()).then(pl.lit(self.act))
        note = f"{first.height} of {table.height} opted out or reserved"
        return Outcome(verdicts(said.with_columns(verdict=acted)), note=note)

    def _listed(
        self, table: pl.DataFrame, lists: Sequence[OptOut], ask: Ask
    ) -> Iterator[pl.DataFrame]:
        """`pair_id`, `reason`, `detail` of what lists name."""
        for listed in lists:
            yield _by_id(table, ["pair_id", "row", *_names(self.ids)], listed)
            for name in _names(self.urls):
                yield _by_url(table, name, listed)
            hashes = _hashes(listed)
            for name in content_fields(ask.fields) if hashes.height else ():
                known = named(name, table, hashes, PDQ_RADIUS, ask)
                yield _said(known, "opted out", f"{name}'s ", "kind", f" in {listed.name}")

    def _reserved(self, table: pl.DataFrame, ask: Ask) -> Iterator[pl.DataFrame]:
        """The same of what the data reserve."""
        import polars as pl

        for name in _names(self.reservations):
            values = table.select("pair_id", value=pl.col(name).cast(pl.String)).drop_nulls()
            wanted = [value for value in values["value"].unique() if reserves(value)]
            known = values.filter(pl.col("value").is_in(wanted))
            yield _said(known, "reserved", f"{name}: ", "value")
        for name in media_fields(ask.fields) if self.files else ():
            yield _in_files(table, name, ask)


@cache
def reserves(value: str) -> bool:
    """Whether a value of metadata keeps people from mining or training: `noai`, `tdm-reservation: 1`,
    `DMI-PROHIBITED`.
    """
    words = re.split(r"[\s,;:=]+", value.strip().lower())
    return any(word in _WORDS or "dmi-prohibited" in word for word in words)


def _names(written: str | list[str]) -> list[str]:
    return [written] if isinstance(written, str) else list(written)


def _said(
    known: pl.DataFrame, reason: str, before: str, column: str | None = None, behind: str = ""
) -> pl.DataFrame:
    """What is said of each pair, a column's value within words."""
    import polars as pl

    value = pl.lit("") if column is None else pl.col(column)
    detail = pl.concat_str(pl.lit(before), value, pl.lit(behind))
    return known.select("pair_id", reason=pl.lit(reason), detail=detail)


def _by_id(table: pl.DataFrame, columns: Sequence[str], listed: OptOut) -> pl.DataFrame:
    import polars as pl

    ids, found = pl.Series(list(listed.of("id")), dtype=pl.String), []
    for name in columns:
        known = table.filter(pl.col(name).cast(pl.String).is_in(ids.implode()))
        found.append(_said(known, "opted out", f"{name} in {listed.name}"))
    return pl.concat(found)


def _by_url(table: pl.DataFrame, column: str, listed: OptOut) -> pl.DataFrame:
    import polars as pl

    values = table.select("pair_id", url=pl.col(column).cast(pl.String)).drop_nulls()
    named_as = {url: listed.names_url(url) for url in values["url"].unique()}
    how = pl.col("url").replace_strict(named_as, default=None, return_dtype=pl.String)
    known = values.with_columns(how=how).drop_nulls()
    return _said(known, "opted out", f"{column}'s ", "how", f" in {listed.name}")


def _hashes(listed: OptOut) -> pl.DataFrame:
    import polars as pl

    rows = [(kind, value) for kind in DIGITS for value in sorted(listed.of(kind))]
    return pl.DataFrame(rows, {"kind": pl.String, "value": pl.String}, orient="row")


def _in_files(table: pl.DataFrame, name: str, ask: Ask) -> pl.DataFrame:
    """Of a span the whole file speaks."""
    from curate.measures.reserved import file_reserved

    modality = ask.fields[name].type
    key = f"{name}_file_sha256" if modality in CLOCKED else f"{name}_sha256"
    pairs = table.select("pair_id", key=key)
    values = ask.measure(file_reserved(modality), pairs["key"]).drop_nulls("reserved")
    known = pairs.join(values, on="key", maintain_order="left")
    return _said(known, "reserved", f"{name}: ", "reserved")
