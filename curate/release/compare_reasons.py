"""Differences of single pairs gathered by their reason, with what the recipe says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from curate.release.compare_lock import Differing, concerns
from curate.release.compare_words import lock_line
from curate.release.comparison import Moved, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curate.release.compare_side import Side

SOME = 5
"""Pairs named as examples."""


def reasons(changes: pl.DataFrame, lock: Sequence[Differing], a: Side, b: Side) -> list[Reason]:
    """Most pairs first, within each way."""
    shown = pl.coalesce("pair_id", "was_id")
    known = _with_usual_thresholds(changes, a, b)
    grouped = known.group_by("way", "cause", "step", "reason").agg(
        pl.len().alias("pairs"),
        pl.col("score_then", "score_now").median(),
        *(_only_one(name) for name in ("threshold_then", "threshold_now")),
        examples=shown.sort().head(SOME),
    )
    ordered = grouped.sort(
        pl.col("way").replace_strict({"removed": 0, "added": 1, "changed": 2}),
        pl.col("pairs"),
        "cause",
        pl.col("reason").fill_null(""),
        descending=[False, True, False, False],
    )
    return [
        Reason(**row, recipe=_recipe(row["step"], row["reason"] or "", lock, a, b))
        for row in ordered.iter_rows(named=True)
    ]


def moved(a: Side, b: Side) -> list[Moved]:
    """Pairs of both releases that are in another split, by where from and where to."""
    both = a.kept.select("pair_id", source="split").join(
        b.kept.select("pair_id", target="split"), on="pair_id"
    )
    other = both.filter(pl.col("source") != pl.col("target"))
    counted = other.group_by("source", "target").agg(
        pairs=pl.len(), examples=pl.col("pair_id").sort().head(SOME)
    )
    ordered = counted.sort("pairs", "source", "target", descending=[True, False, False])
    return [Moved(**row) for row in ordered.iter_rows(named=True)]


def _only_one(name: str) -> pl.Expr:
    """The value of a group that has but one."""
    values = pl.col(name).drop_nulls()
    return pl.when(values.n_unique() == 1).then(values.first()).alias(name)


def _with_usual_thresholds(changes: pl.DataFrame, a: Side, b: Side) -> pl.DataFrame:
    """A filter writes down thresholds of what it drops alone: for what it kept, those it used on others."""
    for side, time in ((a, "then"), (b, "now")):
        usual = (
            side.decisions.drop_nulls("threshold")
            .group_by(step="name", reason="reason")
            .agg(_only_one("threshold").alias("usual"))
        )
        name = f"threshold_{time}"
        changes = (
            changes.join(usual, on=["step", "reason"], how="left", maintain_order="left")
            .with_columns(pl.coalesce(name, "usual").alias(name))
            .drop("usual")
        )
    return changes


def _recipe(
    step: str | None, reason: str, lock: Sequence[Differing], a: Side, b: Side
) -> list[str]:
    """What the recipe says otherwise of a step; of its properties, if it names any, that of the reason."""
    if step is None:
        return []
    lines = [one for one in lock if concerns(one, step, b.lock, a.lock)]
    named = [
        one for one in lines if any(word in one.path for word in reason.split() if "." in word)
    ]
    return [lock_line(one) for one in named or lines]
