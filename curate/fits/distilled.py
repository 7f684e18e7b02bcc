"""What an expensive scorer would say, told by a cheap one that was taught on a sample.

First a line: the expensive score as a linear function of the cheap one. Where the cheap scorer's
vectors come along, what the line leaves is learned by a kernel ridge regression of both sides'
vectors put together (a score in place of the classes of Hinton et al., 2015, arXiv 1503.02531).

No pair is told by what was taught on its group: see `curate.fits.folds`. With too few pairs in the
sample nothing is told.

In:   pair_id, fold_group (pairs of one group share a fold), learn (the sample), cheap (Float64),
      expensive (Float64, null outside of the sample), and, to distil, left, right (vectors)
Out:  pair_id, predicted (Float64, null when it cannot be told)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl

from curate.fits.fit import Fit
from curate.fits.folds import Rows, each_fold
from curate.fits.ridge import Matrix, Ridge, unit

LANDMARKS = 512
"""Rows of a sample that stand for it, at most."""
DECIMALS = 6


def distilled(*, folds: int = 10) -> Fit:
    """The declaration."""
    return Fit(
        name="distilled",
        version=1,
        compute="curate.fits.distilled:factory",
        params={"folds": folds},
        libraries=("numpy", "scipy"),
    )


def factory(fit: Fit) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda table: predicted(table, fit.params)


def predicted(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """The expensive score of every pair, as told by what was not taught on it."""
    table = table.sort("pair_id")
    cheap, expensive = (table[name].to_numpy() for name in ("cheap", "expensive"))
    seen = _seen(table) if "left" in table.columns else None
    found = np.full(table.height, np.nan)

    def tell(known: Rows, rows: Rows) -> None:
        if not len(known):
            return
        line = _line(cheap[known], expensive[known])
        found[rows] = line(cheap[rows])
        if seen is not None:
            rest = (expensive[known] - line(cheap[known]))[:, None]
            marks = seen[known[:: -(-len(known) // LANDMARKS)]]
            found[rows] += Ridge.learn([(seen[known], rest)], marks)(seen[rows])[:, 0]

    each_fold(table, params["folds"], tell)
    told = pl.Series("predicted", found.round(DECIMALS)).fill_nan(None)
    return table.select("pair_id", told)


def _seen(table: pl.DataFrame) -> Matrix:
    """Both sides as one unit row, each side counting half."""
    sides = [unit(table[name].to_numpy()) for name in ("left", "right")]
    return unit(np.hstack(sides))


def _line(cheap: Rows, expensive: Rows) -> Callable[[Rows], Rows]:
    """The least squares; level where the cheap scores are all the same."""
    middle, level = cheap.mean(), expensive.mean()
    spread = ((cheap - middle) ** 2).sum()
    slope = ((cheap - middle) * (expensive - level)).sum() / spread if spread else 0.0
    return lambda scores: level + slope * (scores - middle)
