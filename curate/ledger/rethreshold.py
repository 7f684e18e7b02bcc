"""What another threshold would change, from the scores that the ledger holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from curate.errors import CurateError
from curate.ledger.verdict import LEAVES

Keeps = Literal["above", "below"]


@dataclass(frozen=True)
class Rethresholded:
    """What a step would do at another threshold, all else as it was."""

    threshold: float
    stay: int
    """Pairs that would pass the step, of those it scored."""
    released: int
    """Of those that pass now, the pairs in the release that would remain in it."""
    gone: int
    """Pairs of the release that would leave."""
    back: int
    """Pairs that left at this step and would pass it. No later step has looked at them, so that some
    of them may leave there: that was not measured.
    """


def rethreshold(decisions: pl.DataFrame, step: str, threshold: float) -> Rethresholded:
    """Judge a step's scores by another threshold; `decisions` is a release's ledger.

    `step` is its number (`08`), its name, or the first word of its name where one step has it. At the
    threshold a pair stays. Raises `CurateError` where no such step has scores for pairs on both sides.
    """
    lines = scored(decisions, step)
    keeps = side(lines)
    score = pl.col("score")
    passes = score >= threshold if keeps == "above" else score <= threshold
    left = pl.col("verdict").is_in(LEAVES)
    final = decisions.filter(pl.col("verdict").is_in(LEAVES))["pair_id"].implode()
    kept = ~pl.col("pair_id").is_in(final)
    counts = lines.select(
        stay=passes.sum(),
        released=(passes & kept).sum(),
        gone=(~passes & kept).sum(),
        back=(passes & left).sum(),
    ).row(0, named=True)
    return Rethresholded(threshold, **counts)


def scored(decisions: pl.DataFrame, step: str) -> pl.DataFrame:
    """The lines of one step that bear a score and a threshold."""
    lines = decisions.filter(pl.col("score").is_not_null() & pl.col("threshold").is_not_null())
    names = lines.select("step", "name").unique().sort("step")
    chosen = names.filter((pl.col("step") == step) | (pl.col("name") == step))
    if not chosen.height:
        chosen = names.filter(pl.col("name").str.split(" ").list.first() == step)
    if chosen.height != 1:
        known = ", ".join(f"{number} {name}" for number, name in names.iter_rows())
        what = "several steps with scores are" if chosen.height else "no step with scores is"
        raise CurateError(f"{what} called '{step}'", f"name one of: {known}" if known else None)
    return lines.filter(pl.col("step") == chosen["step"][0])


def side(lines: pl.DataFrame) -> Keeps:
    """The side of its threshold that a step keeps; raises `CurateError` where its scores do not say."""
    left = pl.col("verdict").is_in(LEAVES)
    score, threshold = pl.col("score"), pl.col("threshold")
    low, high = score < threshold, score > threshold
    votes = lines.select(
        above=((low & left) | (high & ~left)).sum(), below=((high & left) | (low & ~left)).sum()
    ).row(0, named=True)
    if not any(votes.values()) or all(votes.values()):
        raise CurateError("the scores of this step do not stand on two sides of its threshold")
    return "above" if votes["above"] else "below"
