"""The cross-fitted head: how well two sides match, learned from the pairs themselves.

It stands on any two encoders, in one space or in two, and looks at a pair in up to three views,
each a cosine:

    forward     a kernel ridge regression of the right side on the left, against the right side
    backward    the same from the right side, against the left side
    zero_shot   where the left encoder also gives a vector in the right one's own space: that,
                against the right side, both centred on the known pairs

Some sides are near everything. In each view half of the mean cosine of either side with its ten
nearest among known pairs is taken off (CSLS; Conneau et al., 2018), and the view is then given in
standard deviations of known sides' scores with each other: 0 is what a mismatched pair has.
`head` is the mean of the two learned views, `score` the weighted mean of all.

No pair is scored by anything that saw it or a near-twin: see `curate.fits.folds`. That holds for
means, spreads and neighbours as for coefficients. With too few pairs, `zero_shot` is the plain
cosine, and the score.

The constants, here and in `ridge`, `sides` and `view`, were chosen on one collection: Tux Paint's
811 stamps with their English captions, out of fold. Its figures in `benchmarks/results.md` flatter
them to that extent; those of OpenMoji, which was not looked at, do not.

In:   pair_id, fold_group (pairs of one group share a fold), learn (pairs to learn from),
      left, right (vectors of fixed width, null when absent), and, when there are some,
      left_in_right (a vector of the width of `right`, null when absent; for encoders of one
      space simply `left`), null_group (mismatched pairs are drawn within it)
Out:  pair_id, score (higher is better matched, null when it cannot be told), head, zero_shot, note,
      mismatched (scores of the left side with right sides of up to 4 other groups)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from curate.fits.fit import Fit
from curate.fits.folds import FEWEST, Rows, each_fold
from curate.fits.mismatched import partners
from curate.fits.ridge import Matrix
from curate.fits.sides import Lefts, Sides
from curate.fits.space import Backward, Forward, Inputs, Shared, Space
from curate.fits.view import View

ZERO_SHOT_WEIGHT = 0.5
"""Where a learned view weighs 1."""
DECIMALS = 6
"""Kept of every score; what lies beyond differs between builds of the linear algebra."""
RESULT: dict[str, Any] = {
    "pair_id": pl.String,
    "score": pl.Float64,
    "head": pl.Float64,
    "zero_shot": pl.Float64,
    "note": pl.String,
    "mismatched": pl.List(pl.Float64),
}


def head(*, folds: int = 10, learn: bool = True) -> Fit:
    """The declaration; without `learn`, only what encoders of one space say, centred."""
    return Fit(
        name="head",
        version=2,
        compute="curate.fits.head:factory",
        params={"folds": folds, "learn": learn},
        libraries=("numpy", "scipy"),
    )


HEAD = head()


def factory(fit: Fit) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda table: cross_fitted(table, fit.params)


def cross_fitted(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """Every pair's score by a head that has not seen it."""
    known = whole(table)
    scores = _scores(known, params) if known.height else pl.DataFrame(schema=RESULT)
    absent = table.join(known, on="pair_id", how="anti")
    notes = absent.select("pair_id", note=pl.lit("a side has no vector"))
    both = pl.concat([scores, notes], how="diagonal_relaxed")
    return both.select(pl.col(name).cast(kind) for name, kind in RESULT.items()).sort("pair_id")


def whole(table: pl.DataFrame) -> pl.DataFrame:
    """The pairs that have all their vectors, in the order of their ids."""
    vectors = [name for name in ("left", "right", "left_in_right") if name in table.columns]
    return table.drop_nulls(vectors).sort("pair_id")


def _scores(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    sides, partner = Sides.of(table), partners(table, params["folds"])
    found = np.full((table.height, 3), np.nan)
    null = np.full(partner.shape, np.nan)

    def tell(known: Rows, rows: Rows) -> None:
        part = sides.only(rows)
        fitted = Head.learn(sides.only(known), learn=params["learn"]).taken(part)
        for column, some in enumerate((fitted, fitted.learned, fitted.zero_shot)):
            found[rows, column] = some.scores(part)
        lefts, rights = fitted.lefts(part.left), fitted.rights(part.right)
        for draw, right in enumerate(partner[rows].T):
            drawn = np.flatnonzero(right >= 0)
            mates = rights[np.searchsorted(rows, right[drawn])]
            null[rows[drawn], draw] = fitted.dots(lefts[drawn], mates)

    each_fold(table, params["folds"], tell)
    return _result(table["pair_id"], found, null, learn=params["learn"])


def _result(ids: pl.Series, found: Matrix, null: Matrix, *, learn: bool) -> pl.DataFrame:
    columns = dict(zip(("score", "head", "zero_shot"), found.T, strict=True))
    frame = pl.DataFrame({"pair_id": ids, **columns})
    told = [row[~np.isnan(row)].tolist() for row in null.round(DECIMALS)]
    floats = pl.col("score", "head", "zero_shot").fill_nan(None).round(DECIMALS)
    return frame.with_columns(
        floats,
        pl.Series("mismatched", told, RESULT["mismatched"]),
        note=pl.lit(_note(found, learn=learn), pl.String),
    )


def _note(found: Matrix, *, learn: bool) -> str | None:
    """Why there is less than was asked for; the same for all, since folds share one rule."""
    if learn:
        return "too few pairs to learn from" if np.isnan(found[:, 1]).all() else None
    return "no encoder places both sides in one space" if np.isnan(found[:, 2]).all() else None


@dataclass(frozen=True, eq=False)
class Taken:
    """What a view makes of certain pairs, for all heads that share it."""

    made: tuple[Matrix, Matrix]

    @classmethod
    def of(cls, view: View | Taken, sides: Sides) -> Taken:
        return cls((view.lefts(sides.left), view.rights(sides.right)))

    def lefts(self, left: Lefts) -> Matrix:
        return self.made[0]

    def rights(self, right: Matrix) -> Matrix:
        return self.made[1]


@dataclass(frozen=True)
class Head:
    """Fitted views of both sides. Rows of `lefts` and `rights` score by their inner product."""

    learned_views: tuple[View | Taken, ...] = ()
    shared_views: tuple[View | Taken, ...] = ()

    @classmethod
    def learn(cls, known: Sides, *, learn: bool = True) -> Head:
        """What these pairs teach; from too few, nothing but plain cosines in a shared space."""
        placed = known.left.placed is not None
        if len(known.right) < FEWEST:
            return cls((), (View(Shared(Inputs())),) if placed else ())
        inputs = Inputs.learn(known)
        learned: list[Space] = []
        if learn:
            learned = [Forward.learn(inputs, known), Backward.learn(inputs, known)]
        shared: list[Space] = [Shared(inputs)] if placed else []
        return cls(*(tuple(View.learn(s, known) for s in spaces) for spaces in (learned, shared)))

    def taken(self, sides: Sides) -> Head:
        """The head for these pairs and no others, which its views look at once."""
        kinds = self.learned_views, self.shared_views
        return Head(*(tuple(Taken.of(view, sides) for view in views) for views in kinds))

    @property
    def learned(self) -> Head:
        return Head(self.learned_views)

    @property
    def zero_shot(self) -> Head:
        return Head((), self.shared_views)

    @property
    def views(self) -> tuple[tuple[View | Taken, float], ...]:
        """Every view with its share of the score."""
        weighed = [(view, 1.0) for view in self.learned_views]
        weighed += [(view, ZERO_SHOT_WEIGHT) for view in self.shared_views]
        total = sum(weight for _, weight in weighed)
        return tuple((view, weight / total) for view, weight in weighed)

    def lefts(self, left: Lefts) -> Matrix:
        none = np.empty((len(left.vectors), 0))
        return np.hstack([none, *(share * view.lefts(left) for view, share in self.views)])

    def rights(self, right: Matrix) -> Matrix:
        return np.hstack([np.empty((len(right), 0)), *(v.rights(right) for v, _ in self.views)])

    def scores(self, sides: Sides) -> Matrix:
        """One for each pair; not a number when there is nothing to tell by."""
        return self.dots(self.lefts(sides.left), self.rights(sides.right))

    def matrix(self, left: Lefts, right: Matrix) -> Matrix:
        """Every left side with every right side."""
        return self.lefts(left) @ self.rights(right).T

    def dots(self, lefts: Matrix, rights: Matrix) -> Matrix:
        told = 0.0 if self.views else np.nan
        return np.asarray((lefts * rights).sum(axis=1) + told)
