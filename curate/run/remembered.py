"""What this kind of machine is known to take: for a value, and for a pair at a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from curate.store.speeds import last

_START = 3.0
"""Seconds that deciding takes to begin, at most, where builds of one size alone are known."""


@dataclass(frozen=True)
class Speed:
    """In seconds of the clock, all workers together."""

    loading: float
    """Until the first begins."""
    each: float

    def of(self, count: float) -> float:
        return self.loading + self.each * count


@dataclass(frozen=True)
class Habit:
    """What a step did with the pairs that it saw."""

    stays: float
    """Of each pair, whether it was there afterwards."""
    deciding: Speed
    fits: Mapping[str, float] = field(default_factory=dict)
    """Seconds of each for a pair, where it was made."""
    asked: Mapping[str, float] = field(default_factory=dict)
    """Values that it wanted for a pair, by fingerprint."""


class Remembered:
    """Read from the rows of `curate.store.speeds`, for a recipe and the hash of its text. Of its steps, what
    this very text did counts; else what the recipe did under another, or any recipe.
    """

    def __init__(self, rows: pl.DataFrame, recipe: str = "", text: str = "") -> None:
        self.recipe, self.text = recipe, text
        self.speeds = {task: Speed(loading, each) for task, loading, each in _speeds(rows)}
        of_steps = rows.filter(pl.col("pairs") > 0).partition_by("step", as_dict=True)
        self.habits = {
            str(step): _habit(self._nearest(known)) for (step,), known in of_steps.items()
        }
        released = rows.filter(pl.col("pairs") > 0, text=text, step="release")
        self.built = released.height > 0
        """Whether a release of this very text was made."""

    def _nearest(self, rows: pl.DataFrame) -> pl.DataFrame:
        near = (rows.filter(text=self.text), rows.filter(recipe=self.recipe), rows)
        return next(found for found in near if found.height)


def _speeds(rows: pl.DataFrame) -> list[tuple[Any, ...]]:
    ran = rows.filter(kind="measure").filter(pl.col("computed") > 0)
    loading = pl.col("loading").filter(pl.col("loading") > 0).median().fill_null(0.0)
    working = (pl.col("seconds") - pl.col("loading")).sum()
    return ran.group_by("task").agg(loading, working / pl.col("computed").sum()).rows()


def _habit(rows: pl.DataFrame) -> Habit:
    recent = rows.filter(last(pl.col("pairs") > 0))
    deciding = recent.filter(kind="deciding")
    pairs, kept = (int(deciding[name].sum()) for name in ("pairs", "kept"))
    fits = rows.filter(kind="fit").group_by("task")
    asked = recent.filter(kind="measure").group_by("task").agg(pl.col("asked").sum() / pairs)
    return Habit(
        stays=kept / pairs,
        deciding=_line(deciding["pairs"].to_list(), deciding["seconds"].to_list()),
        fits=dict(fits.agg(pl.col("seconds").sum() / pl.col("pairs").sum()).iter_rows()),
        asked=dict(asked.iter_rows()),
    )


def _line(pairs: Sequence[int], seconds: Sequence[float]) -> Speed:
    """What takes its time however many pairs there are, and what each adds. Builds of about one size do
    not tell these apart.
    """
    whole, count, builds = sum(seconds), sum(pairs), len(pairs)
    (least, first), *_, (most, end) = sorted([*zip(pairs, seconds, strict=True)] * 2)
    if most < 2 * least:
        start = min(whole / builds, _START)
        return Speed(start, (whole / builds - start) / (count / builds))
    each = min(max((end - first) / (most - least), 0.0), whole / count)
    return Speed((whole - each * count) / builds, each)
