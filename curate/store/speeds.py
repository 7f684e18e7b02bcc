"""How long things took on one kind of machine: of its last builds, by step and by what was computed.

    <root>/speeds/<machine>.parquet     put whole into the place of what was there

What values cost is noted with the values; this is what to expect of a clock. Of builds that end at the
same moment, one may be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate.store.fragment import read_fragment, write_fragment

SPEEDS = {
    "build": pl.Float64,
    "recipe": pl.String,
    "text": pl.String,
    "step": pl.String,
    "pairs": pl.Int64,
    "kept": pl.Int64,
    "kind": pl.String,
    "task": pl.String,
    "asked": pl.Int64,
    "computed": pl.Int64,
    "loading": pl.Float64,
    "seconds": pl.Float64,
}
"""When the build began (seconds since the epoch); the recipe's name and the hash of its text; the step's
title, the pairs before and after it (null where it did not end); `measure`, `fit` or `deciding`; the measure's fingerprint or the fit's name; the
values that were wanted, and those of them that had to be computed; seconds until models were loaded, and
all seconds."""

BUILDS = 3
"""As many are remembered."""


@dataclass(frozen=True)
class Speeds:
    """Of one kind of machine."""

    folder: Path
    machine: str

    def read(self) -> pl.DataFrame:
        """Columns of `SPEEDS`; no row where nothing ran yet, or what ran was written down otherwise."""
        path = self.folder / f"{self.machine}.parquet"
        found = read_fragment(path) if path.exists() else None
        known = found is not None and found.schema == pl.Schema(SPEEDS)
        return found if found is not None and known else pl.DataFrame(schema=SPEEDS)

    def add(self, rows: pl.DataFrame) -> None:
        """Remember a build, and forget what later ones have outdone."""
        known = _recent(pl.concat([self.read(), rows.select(list(SPEEDS))]))
        write_fragment(self.folder, known, {}, self.machine)


def _recent(rows: pl.DataFrame) -> pl.DataFrame:
    """All of a step in the last builds that finished it, and in the last that computed a value."""
    finished = last(pl.col("pairs").is_not_null(), "recipe", "step")
    computed = last(pl.col("computed") > 0, "kind", "task")
    stay = rows.filter(finished | computed).select("build", "step")
    return rows.join(stay, on=["build", "step"], how="semi", maintain_order="left")


def last(which: pl.Expr, *of: str) -> pl.Expr:
    """Rows of the last builds among such as have the same in these columns."""
    rank = pl.when(which).then("build").rank("dense", descending=True)
    return ((rank.over(of) if of else rank) <= BUILDS).fill_null(value=False)
