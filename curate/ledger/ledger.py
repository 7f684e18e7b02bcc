"""The ledger: every verdict of every step on every pair, in the order they were given."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from curate.ledger.verdict import LEAVES, LEDGER, VERDICT
from curate.pairs.order import by_name, repeats


@dataclass
class Ledger:
    """Grows by whole steps; never forgets."""

    entries: list[pl.DataFrame] = field(default_factory=list)
    """What was added, each of one step."""

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
        empty = pl.DataFrame(schema=LEDGER)
        steps: dict[str, list[pl.DataFrame]] = {}
        for entry in self.entries:
            if entry.height:
                steps.setdefault(entry["step"][0], []).append(entry)
        return pl.concat([empty, *(_sorted(steps[step]) for step in sorted(steps))])

    def lines(self, *verdicts: str) -> pl.DataFrame:
        """The lines that say one of these, in no order."""
        chosen = [entry.filter(pl.col("verdict").is_in(verdicts)) for entry in self.entries]
        return pl.concat([pl.DataFrame(schema=LEDGER), *chosen])


def _sorted(entries: list[pl.DataFrame]) -> pl.DataFrame:
    """One step's lines; mostly it has said one thing of every pair."""
    lines = by_name(pl.concat(entries), "pair_id")
    if repeats(lines["pair_id"]):
        return lines.sort("pair_id", "verdict", "detail", nulls_last=True)
    return lines


def left(verdicts: pl.DataFrame) -> pl.DataFrame:
    """The verdicts that took their pair out."""
    return verdicts.filter(pl.col("verdict").is_in(LEAVES))
