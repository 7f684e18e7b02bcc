"""The cross-fitted head: how well two sides match, learned from the pairs themselves.

A small linear map is learned from training pairs, and no pair is ever scored by a map that has
seen it or a near-twin: folds are drawn by a hash of `fold_group`, and each fold is scored by a
head fitted on the others. It stands on any two encoders, in one space or in two.

The map is a ridge regression from the left features to the whitened right vectors. Directions in
which the two sides agree more on the training pairs weigh more (a regularised canonical
correlation analysis), and a pair's `head` is the cosine there. Where the left encoder also gives
a vector in the right one's own space, the cosine with that, centred on the training pairs, is
`zero_shot`; the head learns from that vector too, and `score` is the weighted sum of both.

In:   pair_id, fold_group (pairs of one group share a fold), learn (pairs to learn from),
      left, right (vectors of fixed width, null when absent), and, when there is one,
      left_in_right (a vector of the width of `right`, null when absent)
Out:  pair_id, score (higher is better matched, null when it cannot be told), head, zero_shot, note
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from curate.fits.fit import Fit
from curate.pairs.identity import content_hash

Matrix: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"
Rows: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

FEWEST = 50
"""Training pairs below which a head would learn noise."""
DECIMALS = 6
"""Kept of every score; what lies beyond differs between builds of the linear algebra."""
RESULT: dict[str, type[pl.DataType]] = {
    "pair_id": pl.String,
    "score": pl.Float64,
    "head": pl.Float64,
    "zero_shot": pl.Float64,
    "note": pl.String,
}


def head(
    *,
    folds: int = 10,
    left_penalty: float = 3.0,
    right_penalty: float = 2.0,
    zero_shot_share: float = 0.7,
    zero_shot_weight: float = 0.6,
) -> Fit:
    """The declaration; penalties are in units of one standardised column's variance."""
    return Fit(
        name="head",
        version=1,
        compute="curate.fits.head:factory",
        params={
            "folds": folds,
            "left_penalty": left_penalty,
            "right_penalty": right_penalty,
            "zero_shot_share": zero_shot_share,
            "zero_shot_weight": zero_shot_weight,
        },
        libraries=("numpy", "scipy"),
    )


HEAD = head()


def factory(fit: Fit) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda table: cross_fitted(table, fit.params)


def cross_fitted(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """Every pair's score by a head that has not seen it."""
    from threadpoolctl import threadpool_limits

    columns = [name for name in ("left", "right", "left_in_right") if name in table.columns]
    whole = table.drop_nulls(columns)
    with threadpool_limits(1):
        scores = _scores(whole, params) if whole.height else pl.DataFrame(schema=RESULT)
    absent = table.join(whole, on="pair_id", how="anti")
    notes = absent.select("pair_id", note=pl.lit("a side has no vector"))
    both = pl.concat([scores, notes], how="diagonal_relaxed")
    return both.select(pl.col(name).cast(kind) for name, kind in RESULT.items()).sort("pair_id")


def _scores(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    sides = Sides.of(table)
    fold = fold_numbers(table["fold_group"], params["folds"])
    learn = table["learn"].to_numpy()
    trains = [learn & (fold != number) for number in range(params["folds"])]
    fits = min(int(train.sum()) for train in trains) >= FEWEST
    head_, zero = (np.full(table.height, np.nan) for _ in range(2))

    def score(number: int) -> None:
        rows = fold == number
        part, known = sides.only(rows), sides.only(trains[number])
        if fits and rows.any():
            head_[rows] = Head.learn(known, params).scores(part)
        if sides.placed is not None:
            zero[rows] = ZeroShot.learn(known if fits else None).scores(part)

    # Folds side by side, each on one thread: the sums of a fold never depend on how many run.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(score, range(params["folds"])))
    return _result(table["pair_id"], head_, zero, params["zero_shot_weight"])


def _result(ids: pl.Series, head_: Matrix, zero: Matrix, weight: float) -> pl.DataFrame:
    learned = not np.isnan(head_).all()
    placed = not np.isnan(zero).all()
    total = head_ + weight * zero if learned and placed else head_ if learned else zero
    note = None if learned else "too few pairs to learn from"
    frame = pl.DataFrame({"pair_id": ids, "score": total, "head": head_, "zero_shot": zero})
    floats = pl.col("score", "head", "zero_shot").fill_nan(None).round(DECIMALS)
    return frame.with_columns(floats, note=pl.lit(note, pl.String))


def fold_numbers(groups: pl.Series, folds: int) -> Rows:
    """The fold of each row: a function of its group's name alone."""
    numbers = {name: int(content_hash(str(name))[:12], 16) % folds for name in groups.unique()}
    return np.array([numbers[name] for name in groups], dtype=np.int64)


@dataclass(frozen=True)
class Sides:
    """Two sides of the same pairs, row by row."""

    left: Matrix
    right: Matrix
    placed: Matrix | None = None
    """The left side in the right one's own space, when an encoder gives it."""

    @classmethod
    def of(cls, table: pl.DataFrame) -> Sides:
        placed = _matrix(table["left_in_right"]) if "left_in_right" in table.columns else None
        return cls(_matrix(table["left"]), _matrix(table["right"]), placed)

    def only(self, rows: Rows) -> Sides:
        placed = None if self.placed is None else self.placed[rows]
        return Sides(self.left[rows], self.right[rows], placed)


@dataclass(frozen=True)
class ZeroShot:
    """Cosine in the shared space, both sides centred on what they are among known pairs."""

    left_mean: Matrix | float = 0.0
    right_mean: Matrix | float = 0.0

    @classmethod
    def learn(cls, known: Sides | None) -> ZeroShot:
        if known is None or known.placed is None:
            return cls()
        return cls(known.placed.mean(axis=0), known.right.mean(axis=0))

    def lefts(self, sides: Sides) -> Matrix:
        assert sides.placed is not None
        return unit(sides.placed - self.left_mean)

    def rights(self, right: Matrix) -> Matrix:
        return unit(right - self.right_mean)

    def scores(self, sides: Sides) -> Matrix:
        return np.asarray((self.lefts(sides) * self.rights(sides.right)).sum(axis=1))


@dataclass(frozen=True)
class Head:
    """A fitted map of both sides into one space, where a cosine says how well they match."""

    mean: Matrix
    scale: Matrix
    zero: ZeroShot
    share: float
    left_map: Matrix
    right_map: Matrix

    @classmethod
    def learn(cls, known: Sides, params: Mapping[str, Any]) -> Head:
        mean, scale = known.left.mean(axis=0), known.left.std(axis=0) + 1e-6
        zero = ZeroShot.learn(known)
        zero = ZeroShot(zero.left_mean, known.right.mean(axis=0))
        start = cls(mean, scale, zero, params["zero_shot_share"], np.eye(0), np.eye(0))
        left, right = start.left_inputs(known), start.right_inputs(known.right)
        maps = _maps(left, right, params["left_penalty"], params["right_penalty"])
        return cls(mean, scale, zero, start.share, *maps)

    def left_inputs(self, sides: Sides) -> Matrix:
        standard = (sides.left - self.mean) / self.scale
        if sides.placed is None:
            return standard
        return np.hstack([standard, self.share * _spread(self.zero.lefts(sides))])

    def right_inputs(self, right: Matrix) -> Matrix:
        return _spread(self.zero.rights(right))

    def lefts(self, sides: Sides) -> Matrix:
        return unit(self.left_inputs(sides) @ self.left_map)

    def rights(self, right: Matrix) -> Matrix:
        return unit(self.right_inputs(right) @ self.right_map)

    def scores(self, sides: Sides) -> Matrix:
        return np.asarray((self.lefts(sides) * self.rights(sides.right)).sum(axis=1))


def _maps(left: Matrix, right: Matrix, left_penalty: float, right_penalty: float) -> Any:
    """Ridge from the left to the whitened right, and the right weighed by what that explains."""
    from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular

    count = len(left)
    root = cholesky(right.T @ right / count + right_penalty * np.eye(right.shape[1]))
    whiten = solve_triangular(root, np.eye(len(root)))
    cross = left.T @ (right @ whiten) / count
    penalised = left.T @ left / count + left_penalty * np.eye(left.shape[1])
    left_map = cho_solve(cho_factor(penalised), cross)
    agreement, directions = np.linalg.eigh(cross.T @ left_map)
    weights = np.sqrt(np.maximum(agreement, 0.0))
    return left_map, whiten @ ((directions * weights) @ directions.T)


def unit(rows: Matrix) -> Matrix:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))


def _spread(rows: Matrix) -> Matrix:
    """Unit vectors scaled so that a column's variance is near one, as a standardised one's is."""
    return np.asarray(rows * np.sqrt(rows.shape[1]))


def _matrix(vectors: pl.Series) -> Matrix:
    return np.asarray(vectors.to_numpy(), dtype=np.float64)
