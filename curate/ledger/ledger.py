"""The ledger: every verdict of every step on every pair, in the order they were given."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from curate.ledger.verdict import LEAVES, LEDGER, VERDICT


@dataclass
class Ledger:
    """Grows by whole steps; never forgets."""

    entries: list[pl.DataFrame] = field(default_factory=list)

    def add(self, step: str, name: str, verdicts: pl.DataFrame) -> None:
        """Enter a step's verdicts (columns of `VERDICT`)."""
        if list(verdicts.schema) != list(VERDICT):
            raise ValueError(f"{name}: verdicts have columns {list(verdicts.schema)}")
        lines = verdicts.select(
            "pair_id", pl.lit(step).alias("step"), pl.lit(name).alias("name"), *list(VERDICT)[1:]
        )
        self.entries.append(lines)

    def frame(self) -> pl.DataFrame:
        """All lines, sorted by step, pair and what was said."""
        lines = pl.concat(self.entries) if self.entries else pl.DataFrame(schema=LEDGER)
        return lines.sort("step", "pair_id", "verdict", "detail", nulls_last=True)

    def lines(self, *verdicts: str) -> pl.DataFrame:
        """The lines that say one of these, in no order."""
        chosen = [entry.filter(pl.col("verdict").is_in(verdicts)) for entry in self.entries]
        return pl.concat([pl.DataFrame(schema=LEDGER), *chosen])


def left(verdicts: pl.DataFrame) -> pl.DataFrame:
    """The verdicts that took their pair out."""
    return verdicts.filter(pl.col("verdict").is_in(LEAVES))
