"""One score from several of the same pair, and the same of its mismatched partners.

`weighted` is the weighted mean of standardised scores (distance from the median over 1.4826 times
the median absolute deviation). `rank` is the mean of ranks, each the share of all pairs that score
lower, ties counted half: in (0, 1). `learned` is the log odds of matched against mismatched: a
logistic regression of the standardised scores, no weight below zero, both sides counted alike,
learned out of fold (folds by a hash of `fold_group`), the pairs as they are against their
mismatched partners. The pairs hold a few mismatched ones, which only makes it more careful.

A score that is absent is left out of the mean; `learned` has a regression for every combination of
scores that pairs have. Partners are fused as pairs are, the first of one score with the first of
the other; a pair has fused partners when all its scores have equally many.

In:   pair_id, fold_group (pairs of one group share a fold), learn (pairs to learn from; `weighted`
      and `rank` look at all), and for every part, counted from 1, score_1 (Float64, null when
      unknown) and, where there are partners, mismatched_1 (List or Array)
Out:  pair_id, score (null when none of the parts is there), mismatched (List(Float64), null when
      there are none), note
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, TypeAlias

import numpy as np
import polars as pl

from curate.fits.fit import Fit
from curate.fits.folds import fold_numbers
from curate.pairs.draw import uniform

Matrix: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"
Fuse: TypeAlias = Callable[[Matrix], Matrix]
"""From rows of scores, NaN where absent, to one score each."""
How: TypeAlias = Literal["weighted", "rank", "learned"]

FEWEST = 50
"""Pairs, and mismatched partners, below which a regression would learn noise."""
MOST = 50_000
"""Pairs that a regression learns from, drawn by their ids: it has a few numbers to find."""
FOLDS = 5
PENALTY = 1e-3
"""On the squares of the weights, beside the mean loss of one row."""
DECIMALS = 6
RESULT: dict[str, pl.DataType | type[pl.DataType]] = {
    "pair_id": pl.String,
    "score": pl.Float64,
    "mismatched": pl.List(pl.Float64),
    "note": pl.String,
}


def fusion(how: How, weights: Sequence[float]) -> Fit:
    """The declaration, with a weight for every part; only `weighted` heeds how large."""
    return Fit(
        name="fusion",
        version=1,
        compute="curate.fits.fusion:factory",
        params={"how": how, "weights": [float(weight) for weight in weights]},
        libraries=("numpy", "scipy"),
    )


def factory(fit: Fit) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda table: fused(table, fit.params)


def fused(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """Every pair's one score, and its partners'."""
    table = _complete(table, len(params["weights"])).sort("pair_id").with_row_index("row")
    parts = [name for name in table.columns if name.startswith("score_")]
    partners = _partners(table, parts)
    own, theirs, row = _matrix(table, parts), _matrix(partners, parts), partners["row"].to_numpy()
    score, other = np.full(len(own), np.nan), np.full(len(theirs), np.nan)
    for rows, fuse in _fuses(table, own, theirs, row, params):
        score[rows] = fuse(own[rows])
        other[rows[row]] = fuse(theirs[rows[row]])
    lists = partners.select("row", mismatched=_rounded(other)).drop_nulls()
    lists = lists.group_by("row", maintain_order=True).agg("mismatched")
    return _result(table.with_columns(score=_rounded(score)), parts, lists)


def _complete(table: pl.DataFrame, count: int) -> pl.DataFrame:
    """The columns that are used, with lists of partners for every part."""
    scores = [pl.col(f"score_{n}").cast(pl.Float64) for n in range(1, count + 1)]
    kind, names = pl.List(pl.Float64), [f"mismatched_{n}" for n in range(1, count + 1)]
    lists = [pl.col(n) if n in table.columns else pl.lit(None).alias(n) for n in names]
    learn = pl.col("learn").cast(pl.Boolean)
    return table.select(
        "pair_id", "fold_group", learn, *scores, *(listed.cast(kind) for listed in lists)
    )


def _result(table: pl.DataFrame, parts: list[str], lists: pl.DataFrame) -> pl.DataFrame:
    absent = pl.all_horizontal(pl.col(part).is_null() for part in parts)
    why = (
        pl.when(absent).then(pl.lit("no score to fuse")).otherwise(pl.lit("too few to learn from"))
    )
    noted = table.with_columns(note=pl.when(pl.col("score").is_null()).then(why))
    whole = noted.join(lists, on="row", how="left", maintain_order="left")
    return whole.select(pl.col(name).cast(kind) for name, kind in RESULT.items())


def _rounded(values: Matrix) -> pl.Series:
    return pl.Series(values, dtype=pl.Float64).fill_nan(None).round(DECIMALS)


def _matrix(table: pl.DataFrame, parts: list[str]) -> Matrix:
    floats = table.select(pl.col(part).fill_null(np.nan) for part in parts)
    return np.asarray(floats.to_numpy(), dtype=np.float64).reshape(table.height, len(parts))


def _partners(table: pl.DataFrame, parts: list[str]) -> pl.DataFrame:
    """`row` and the parts' scores of every mismatched partner, null where the pair's own are."""
    lists = {part: part.replace("score", "mismatched") for part in parts}
    there = {part: pl.col(part).is_not_null() for part in parts}
    count = {part: pl.col(name).list.len().fill_null(0) for part, name in lists.items()}
    most = pl.max_horizontal(pl.when(there[p]).then(count[p]) for p in parts)
    even = pl.all_horizontal(~there[p] | (count[p] == most) for p in parts) & (most > 0)
    known = table.filter(even)
    nulls = pl.lit(None, pl.Float64).repeat_by(most)
    own = [pl.col(part).alias(f"own_{part}") for part in parts]
    theirs = [pl.when(there[p]).then(lists[p]).otherwise(nulls).alias(p) for p in parts]
    rows = known.select("row", *own, *theirs).explode(parts)
    whole = (pl.col(f"own_{p}").is_null() | pl.col(p).is_not_null() for p in parts)
    return rows.filter(pl.all_horizontal(whole)).select("row", *parts)


def _fuses(
    table: pl.DataFrame, own: Matrix, theirs: Matrix, row: Any, params: Mapping[str, Any]
) -> list[tuple[Any, Fuse]]:
    """Which rows (a mask) are fused how."""
    if params["how"] != "learned":
        fuse = _ranks(own) if params["how"] == "rank" else _means(own, np.array(params["weights"]))
        return [(np.ones(len(own), bool), fuse)]
    fold = fold_numbers(table["fold_group"], FOLDS)
    few = uniform(table["pair_id"], 0, "fusion") < MOST / max(table.height, 1)
    learn = (table["learn"] & few).to_numpy()
    known = [learn & (fold != number) for number in range(FOLDS)]
    return [
        (fold == number, _odds(own[rows], theirs[rows[row]])) for number, rows in enumerate(known)
    ]


def _means(known: Matrix, weights: Matrix) -> Fuse:
    middle, spread = _scale(known)
    return lambda rows: _mean((rows - middle) / spread, weights)


def _ranks(known: Matrix) -> Fuse:
    return lambda rows: _mean(
        np.column_stack([_rank(row, column) for row, column in zip(rows.T, known.T, strict=True)]),
        np.ones(known.shape[1]),
    )


def _rank(values: Matrix, known: Matrix) -> Matrix:
    ordered = np.sort(known[~np.isnan(known)])
    lower = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return np.where(np.isnan(values), np.nan, lower / (2 * max(len(ordered), 1)))


def _mean(rows: Matrix, weights: Matrix) -> Matrix:
    """Over what is there; NaN where nothing is."""
    weight = np.where(np.isnan(rows), 0.0, weights)
    total = weight.sum(axis=1)
    summed = (np.nan_to_num(rows) * weight).sum(axis=1)
    return np.where(total > 0, summed / np.where(total > 0, total, 1.0), np.nan)


def _scale(known: Matrix) -> tuple[Matrix, Matrix]:
    """Per column the median and what a normal's standard deviation would be, never 0."""
    middle, spread = np.zeros(known.shape[1]), np.ones(known.shape[1])
    for number, column in enumerate(known.T):
        values = column[~np.isnan(column)]
        if len(values):
            middle[number] = np.median(values)
            away = np.abs(values - middle[number])
            # Where half of the values are equal, the mean says more than the median (Iglewicz &
            # Hoaglin, How to detect and handle outliers, 1993).
            spread[number] = 1.4826 * np.median(away) or 1.2533 * away.mean() or 1.0
    return middle, spread


def _odds(matched: Matrix, mismatched: Matrix) -> Fuse:
    """Log odds by a regression for every combination of parts that is met."""
    middle, spread = _scale(matched)
    good, bad = (matched - middle) / spread, (mismatched - middle) / spread

    @cache
    def learned(parts: tuple[int, ...]) -> Matrix | None:
        sides = [side[:, parts][~np.isnan(side[:, parts]).any(axis=1)] for side in (good, bad)]
        return _regression(*sides) if parts and min(map(len, sides)) >= FEWEST else None

    def fuse(rows: Matrix) -> Matrix:
        there, found = ~np.isnan(rows), np.full(len(rows), np.nan)
        for kind in np.unique(there, axis=0):
            parts = tuple(int(number) for number in np.flatnonzero(kind))
            mine, weights = (there == kind).all(axis=1), learned(parts)
            if weights is not None:
                standard = ((rows - middle) / spread)[mine][:, parts]
                found[mine] = np.einsum("ij,j->i", standard, weights[1:]) + weights[0]
        return found

    return fuse


def _regression(good: Matrix, bad: Matrix) -> Matrix:
    """Where the two sides part: the constant and a weight of 0 or more per column."""
    from scipy.optimize import minimize
    from scipy.special import expit

    signs = np.repeat([1.0, -1.0], [len(good), len(bad)])
    inputs = np.column_stack([signs, np.vstack([good, -bad])])
    share = np.repeat([0.5 / len(good), 0.5 / len(bad)], [len(good), len(bad)])
    penalty = PENALTY * np.r_[0.0, np.ones(good.shape[1])]

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        # Sums without the linear algebra library, whose threads would change their last digits.
        margin = np.einsum("ij,j->i", inputs, weights)
        slope = np.einsum("ij,i->j", inputs, -share * expit(-margin)) + penalty * weights
        value = (share * np.logaddexp(0.0, -margin)).sum() + 0.5 * (penalty * weights**2).sum()
        return float(value), slope

    bounds = [(None, None), *[(0.0, None)] * good.shape[1]]
    options = {"ftol": 1e-14, "gtol": 1e-9, "maxiter": 500}
    start = np.zeros(len(bounds))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return np.asarray(found.x)
