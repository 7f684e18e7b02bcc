"""The scores of every step as a histogram, its thresholds, and what others would do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from curate.ledger.rethreshold import Judgement, Rethresholded, judgements
from curate.report.content import Bar, Scored

if TYPE_CHECKING:
    import polars as pl

BARS, CHOICES = 40, 25
_WHOLE = 64
"""Whole numbers that get a bar each."""
_DIGITS = 4


def scores(decisions: pl.DataFrame) -> list[Scored]:
    """One for each thing that a step judges by a score, in the order of the steps."""
    return [_scored(judgement) for judgement in judgements(decisions)]


def _scored(judgement: Judgement) -> Scored:
    return Scored(
        step=judgement.step,
        name=judgement.name,
        keeps=judgement.keeps,
        thresholds=tuple(judgement.thresholds),
        bars=tuple(_bars(judgement)),
        choices=tuple(_choices(judgement)),
        reason=judgement.reason,
        one_sided=judgement.one_sided,
    )


def _bars(judgement: Judgement) -> Iterator[Bar]:
    values, stayed = judgement.scored["score"].to_numpy(), judgement.scored["stayed"].to_numpy()
    edges = _edges(values)
    inside, outside = (np.histogram(values[mask], edges)[0] for mask in (stayed, ~stayed))
    for at, (low, high) in enumerate(pairwise(edges)):
        yield Bar(float(low), float(high), int(inside[at]), int(outside[at]))


def _edges(values: np.ndarray) -> np.ndarray:
    """Even bars from the least score to the greatest; of few whole numbers a bar each."""
    low, high = float(values.min()), float(values.max())
    if high - low < _WHOLE and (values == np.rint(values)).all():
        return np.arange(low, high + 2)
    return np.linspace(low, high, BARS + 1) if high > low else np.array([low, low + 1])


def _choices(judgement: Judgement) -> Iterator[Rethresholded]:
    """At even shares of the scores, as many as are worth a look, and at the thresholds themselves."""
    values = judgement.scored["score"].to_numpy()
    even = np.quantile(values, np.linspace(0, 1, CHOICES))
    for threshold in sorted({*(_rounded(v) for v in even), *judgement.thresholds[:CHOICES]}):
        if judgement.reaches(threshold):
            yield judgement.at(threshold)


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
