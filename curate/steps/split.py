"""Divide pairs into named parts, so that no two copies ever stand in different parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ConfigDict, Field

from curate.pairs.field import Fields
from curate.steps.step import Ask, Objection, Outcome, Step

if TYPE_CHECKING:
    import polars as pl

NEAR_DUPLICATES = "near_duplicates"
PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"


def _schema(schema: dict[str, Any]) -> None:
    schema["additionalProperties"] = {
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 1,
        "description": "A part and its share of the pairs.",
    }
    schema["minProperties"] = 1
    schema["propertyNames"] = {"pattern": f"^{PART}$"}


class Split(Step):
    """Divide pairs into named parts with given shares.

    The part is a hash of the pair's group of copies (and of pairs that agree in the fields named
    in `keep_together`), so it does not change when others come or go. Wherever it is written, it
    is assigned before anything is learned from the data.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra=_schema)
    word: ClassVar[str] = "split"
    summary: ClassVar[str] = "divide pairs into train, test and so on, copies kept together"
    examples: ClassVar[tuple[str, ...]] = (
        "- split: {train: 0.9, test: 0.1}",
        "- split: {train: 0.8, validation: 0.1, test: 0.1, keep_together: [near_duplicates, category]}",
    )

    keep_together: list[str] = Field(
        [NEAR_DUPLICATES],
        description="What must not be torn apart: `near_duplicates`, and fields with equal values.",
    )
    seed: int = Field(0, description="Another number is another division.")

    @property
    def shares(self) -> dict[str, float]:
        """Part -> share, as written."""
        return dict(self.model_extra or {})

    @property
    def title(self) -> str:
        return " ".join([self.word, *self.shares])

    def check(self, fields: Fields) -> Iterator[Objection]:
        wrong = {part: share for part, share in self.shares.items() if not _is_share(share)}
        for part, share in wrong.items():
            yield _objection(part, share, tuple(type(self).model_fields))
        yield from self._misnamed()
        if wrong:
            return
        if not self.shares:
            yield Objection((), "split names no part", "parts such as {train: 0.9, test: 0.1}")
        elif abs(sum(self.shares.values()) - 1) > 1e-6:
            total = round(sum(self.shares.values()), 6)
            yield Objection((), f"the shares add up to {total:g}", "shares that add up to 1")
        known = (NEAR_DUPLICATES, *fields)
        for index, name in enumerate(self.keep_together):
            if name not in known:
                yield Objection(("keep_together", index), f"'{name}' is no field", candidates=known)

    def _misnamed(self) -> Iterator[Objection]:
        """Parts are folders and files of releases and exports, wherever those are put."""
        seen: dict[str, str] = {}
        for part in self.shares:
            if not re.fullmatch(PART, part):
                expected = "letters, digits, '.', '_' and '-', the first a letter or digit"
                yield Objection((part,), f"'{part}' cannot name a part", expected)
            elif (other := seen.setdefault(part.lower(), part)) != part:
                yield Objection((part,), f"'{part}' and '{other}' differ by case alone")

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        from curate.ledger.verdict import verdicts

        groups = self._groups(table, ask)
        names = groups["component"].unique().sort()
        chosen = pl.DataFrame({"component": names, "split": self._assign(names)})
        parts = groups.join(chosen, on="component").select("pair_id", "component", "split")
        said = table.select("pair_id").join(parts, on="pair_id", maintain_order="left")
        return Outcome(
            verdicts(said.select("pair_id", reason="split", related_id="component")),
            parts.select("pair_id", "split"),
        )

    def _groups(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """`pair_id`, `component`: what stays together, called by the first name of its copies."""
        import polars as pl

        from curate.pairs.components import components, stars

        copies = ask.components() if NEAR_DUPLICATES in self.keep_together else None
        edges = [pl.DataFrame(schema={"left": pl.String, "right": pl.String})]
        for name in self.keep_together:
            if copies is not None and name == NEAR_DUPLICATES:
                edges.append(copies.select(left="component", right="pair_id"))
            else:
                media = ask.fields[name].type in ("image", "audio", "text")
                edges.append(stars(table, f"{name}_sha256" if media else name))
        together = components(table["pair_id"], pl.concat(edges))
        if copies is None:
            return together
        named = together.join(copies.rename({"component": "name"}), on="pair_id", how="left")
        return named.select("pair_id", component=pl.col("name").min().over("component"))

    def _assign(self, names: pl.Series) -> pl.Series:
        import numpy as np
        import polars as pl

        from curate.pairs.draw import uniform

        bounds = np.cumsum(list(self.shares.values()))
        position = np.searchsorted(bounds, uniform(names, self.seed, "split").to_numpy(), "right")
        parts = list(self.shares)
        return pl.Series([parts[min(place, len(parts) - 1)] for place in position], dtype=pl.String)


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= 1


def _objection(part: str, share: Any, settings: tuple[str, ...]) -> Objection:
    if isinstance(share, (int, float)) and not isinstance(share, bool):
        return Objection(
            (part,), f"the share of '{part}' is {share:g}", "a share above 0, at most 1"
        )
    return Objection((part,), f"'{part}' is no setting, and no part with a share", None, settings)
