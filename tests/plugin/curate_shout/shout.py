"""Drop captions that shout: the share of capital letters is a measure, the bound a decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import polars as pl
from pydantic import Field

from curate.ledger.verdict import verdicts
from curate.measures.measure import Compute, Measure
from curate.pairs.field import Fields
from curate.steps.step import Ask, Objection, Outcome, Step

CAPITALS = Measure(
    name="shout.capitals",
    version=1,
    of=("text",),
    returns={"capitals": pl.Float64},
    compute="curate_shout.shout:capitals",
)


def capitals(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(texts: Sequence[str]) -> pl.DataFrame:
        shares = [sum(c.isupper() for c in text) / max(len(text), 1) for text in texts]
        return pl.DataFrame({"capitals": shares})

    return compute


class Shout(Step):
    """Drop pairs whose text shouts."""

    word: ClassVar[str] = "shout"
    summary: ClassVar[str] = "drop texts with too many capital letters"
    examples: ClassVar[tuple[str, ...]] = ("- shout: {field: caption, most: 0.5}",)

    field: str = Field(description="The text field to listen to.")
    most: float = Field(0.5, ge=0, le=1, description="Largest share of capital letters.")

    def check(self, fields: Fields) -> Iterator[Objection]:
        texts = tuple(name for name, field in fields.items() if field.type == "text")
        if self.field not in texts:
            yield Objection(("field",), f"'{self.field}' is no text field", candidates=texts)

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        key = f"{self.field}_sha256"
        loud = table.join(ask.measure(CAPITALS, table[key]), left_on=key, right_on="key")
        out = pl.col("capitals") > self.most
        return Outcome(
            verdicts(
                loud.select(
                    "pair_id",
                    verdict=pl.when(out).then(pl.lit("drop")),
                    reason=pl.when(out).then(pl.lit("shouts")),
                    score="capitals",
                    threshold=pl.lit(self.most),
                )
            )
        )
