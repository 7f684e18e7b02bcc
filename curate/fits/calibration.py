"""How far confidence can be trusted: from any score to the probability of being correct.

A score `c` in [0, 1] becomes the logistic of `a log c - b log(1 - c) + m`, with `a` and `b` not
negative, so that who is surer stays surer: the beta calibration of Kull, Silva Filho & Flach
(AISTATS 2017), which holds Platt's sigmoid of the log-odds (`a` = `b`) and the identity (both 1,
`m` 0). The least log-loss is sought, with a small penalty on how far it goes from the share of
correct labels alone; truths are softened as Platt's are (1999), so that no probability is 0 or 1.

Pairs whose truth is known are told by what was learned from neither them nor their group
(`curate.fits.folds`), all others by what was learned from all of them. With too few to learn from,
a score stays what it is, and `note` says so.

In:   pair_id, fold_group, confidence (null where there is no label), correct (null where unknown)
Out:  pair_id, probability (null where there is no confidence), note
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from curate.fits.fit import Fit
from curate.fits.folds import FEWEST, fold_numbers
from curate.fits.head import DECIMALS
from curate.fits.ridge import Matrix

EDGE = 1e-6
"""How near scores may come to 0 and 1."""
PENALTY = 0.01
RESULT: dict[str, type[pl.DataType]] = {
    "pair_id": pl.String,
    "probability": pl.Float64,
    "note": pl.String,
}


def calibration(*, folds: int = 10) -> Fit:
    return Fit(
        name="calibration",
        version=1,
        compute="curate.fits.calibration:factory",
        params={"folds": folds},
        libraries=("numpy", "scipy"),
    )


CALIBRATION = calibration()


def factory(fit: Fit) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda table: calibrated(table, fit.params)


def calibrated(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """Every pair's probability."""
    told = table.filter(pl.col("confidence").is_not_null()).sort("pair_id")
    known = told["correct"].is_not_null().to_numpy()
    note = None if known.sum() >= FEWEST else "too few known to say how far confidence holds"
    chances = told["confidence"].to_numpy() if note else _chances(told, known, params["folds"])
    found = told.select("pair_id").with_columns(
        pl.Series("probability", chances, pl.Float64).round(DECIMALS)
    )
    joined = table.select("pair_id").join(found, on="pair_id", how="left")
    noted = joined.with_columns(note=pl.lit(note, pl.String))
    return noted.select(pl.col(name).cast(kind) for name, kind in RESULT.items()).sort("pair_id")


def _chances(told: pl.DataFrame, known: Matrix, folds: int) -> Matrix:
    score = told["confidence"].to_numpy()
    right = told["correct"].fill_null(value=False).to_numpy().astype(np.float64)
    fold = fold_numbers(told["fold_group"], folds)
    chances = np.asarray(Beta.learn(score[known], right[known])(score))
    for number in np.unique(fold[known]):
        here, others = known & (fold == number), known & (fold != number)
        if others.any():
            chances[here] = Beta.learn(score[others], right[others])(score[here])
    return chances


@dataclass(frozen=True)
class Beta:
    """A map from scores to probabilities that never turns the order round."""

    rise: float
    fall: float
    start: float

    @classmethod
    def learn(cls, score: Matrix, right: Matrix) -> Beta:
        """From scores in [0, 1] and whether each was right (0 or 1); one of either is enough."""
        from scipy.optimize import minimize

        inputs = _inputs(score)
        hits, count = right.sum(), len(right)
        target = np.where(right > 0, (hits + 1) / (hits + 2), 1 / (count - hits + 2))

        def loss(values: Matrix) -> tuple[float, Matrix]:
            power = inputs @ values
            off = 1 / (1 + np.exp(-power)) - target
            pull = PENALTY * np.append(values[:2], 0.0)
            total = float((np.logaddexp(0, power) - target * power).sum() + pull @ values / 2)
            return total, np.asarray(inputs.T @ off + pull)

        share = (hits + 1) / (count + 2)
        first = np.array([0.0, 0.0, np.log(share / (1 - share))])
        bounds = [(0, None), (0, None), (None, None)]
        found = minimize(loss, first, jac=True, bounds=bounds, method="L-BFGS-B", tol=1e-12)
        return cls(*(float(value) for value in found.x))

    def __call__(self, score: Matrix) -> Matrix:
        power = _inputs(score) @ np.array([self.rise, self.fall, self.start])
        return np.asarray(1 / (1 + np.exp(-power)))


def _inputs(score: Matrix) -> Matrix:
    kept = np.clip(np.asarray(score, dtype=np.float64), EDGE, 1 - EDGE)
    return np.column_stack([np.log(kept), -np.log1p(-kept), np.ones(len(kept))])
