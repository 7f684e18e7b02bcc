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

The constants, here and in `curate.fits.ridge`, were chosen on one collection: Tux Paint's 811
stamps with their English captions, out of fold. Its figures in `benchmarks/results.md` flatter
them to that extent; those of OpenMoji, which was not looked at, do not.

In:   pair_id, fold_group (pairs of one group share a fold), learn (pairs to learn from),
      left, right (vectors of fixed width, null when absent), and, when there are some,
      left_in_right (a vector of the width of `right`, null when absent; for encoders of one
      space simply `left`), null_group (mismatched pairs are drawn within it)
Out:  pair_id, score (higher is better matched, null when it cannot be told), head, zero_shot, note,
      mismatched (scores of the left side with right sides of up to 4 other groups)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import polars as pl

from curate.fits.fit import Fit
from curate.fits.folds import FEWEST, Rows, each_fold
from curate.fits.mismatched import partners
from curate.fits.ridge import Matrix, Ridge, blocks, unit
from curate.pairs.draw import uniform

LANDMARKS = 1000
"""Known pairs, drawn by hash, that kernels and neighbours are reckoned by."""
NEIGHBOURS = 10
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
        fitted, part = Head.learn(sides.only(known), learn=params["learn"]), sides.only(rows)
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


@dataclass(frozen=True)
class Lefts:
    """Left sides, row by row."""

    vectors: Matrix
    placed: Matrix | None = None
    """The same in the right side's own space, when an encoder gives it."""

    @classmethod
    def of(cls, table: pl.DataFrame) -> Lefts:
        shared = "left_in_right" in table.columns
        return cls(matrix(table["left"]), matrix(table["left_in_right"]) if shared else None)

    def only(self, rows: Rows | slice) -> Lefts:
        return Lefts(self.vectors[rows], None if self.placed is None else self.placed[rows])


@dataclass(frozen=True)
class Sides:
    """Two sides of the same pairs, row by row."""

    left: Lefts
    right: Matrix
    chance: Matrix
    """One number in [0, 1) for each pair; the smallest become landmarks."""

    @classmethod
    def of(cls, table: pl.DataFrame) -> Sides:
        chance = uniform(table["pair_id"], 0, "landmark").to_numpy()
        return cls(Lefts.of(table), matrix(table["right"]), chance)

    def only(self, rows: Rows | slice) -> Sides:
        return Sides(self.left.only(rows), self.right[rows], self.chance[rows])

    def blocks(self) -> Iterator[Sides]:
        return (self.only(rows) for rows in blocks(len(self.right)))

    def landmarks(self) -> Sides:
        return self.only(np.sort(np.argsort(self.chance, kind="stable")[:LANDMARKS]))


@dataclass(frozen=True)
class Inputs:
    """Sides as unit vectors, centred; in a left one every encoder's vector has an equal say."""

    means: tuple[Matrix, ...] = ()
    scales: tuple[Matrix, ...] = ()
    right_mean: Matrix | float = 0.0

    @classmethod
    def learn(cls, known: Sides) -> Inputs:
        moments = [_moments(part) for part in cls._parts(known.left)]
        means = tuple(mean for mean, _ in moments)
        scales = tuple((spread + 1e-6) * np.sqrt(len(spread)) for _, spread in moments)
        return cls(means, scales, _moments(known.right)[0])

    def lefts(self, left: Lefts) -> Matrix:
        parts = zip(self._parts(left), self.means, self.scales, strict=True)
        return unit(np.hstack([(part - mean) / scale for part, mean, scale in parts]))

    def placed(self, left: Lefts) -> Matrix:
        assert left.placed is not None
        return unit(left.placed - (self.means[1] if self.means else 0.0))

    def rights(self, right: Matrix) -> Matrix:
        return unit(right - self.right_mean)

    @staticmethod
    def _parts(left: Lefts) -> list[Matrix]:
        return [left.vectors] if left.placed is None else [left.vectors, left.placed]


class Space(Protocol):
    """Where both sides are unit vectors, whose cosine says how well they match."""

    def lefts(self, left: Lefts) -> Matrix: ...
    def rights(self, right: Matrix) -> Matrix: ...


@dataclass(frozen=True)
class Forward:
    """The right side's own space; the left side is where the known pairs let expect it."""

    inputs: Inputs
    ridge: Ridge

    @classmethod
    def learn(cls, inputs: Inputs, known: Sides) -> Forward:
        pairs = ((inputs.lefts(some.left), inputs.rights(some.right)) for some in known.blocks())
        return cls(inputs, Ridge.learn(pairs, inputs.lefts(known.landmarks().left)))

    def lefts(self, left: Lefts) -> Matrix:
        return unit(self.ridge(self.inputs.lefts(left)))

    def rights(self, right: Matrix) -> Matrix:
        return self.inputs.rights(right)


@dataclass(frozen=True)
class Backward:
    """The left side's own space; the right side is where the known pairs let expect it."""

    inputs: Inputs
    ridge: Ridge

    @classmethod
    def learn(cls, inputs: Inputs, known: Sides) -> Backward:
        pairs = ((inputs.rights(some.right), inputs.lefts(some.left)) for some in known.blocks())
        return cls(inputs, Ridge.learn(pairs, inputs.rights(known.landmarks().right)))

    def lefts(self, left: Lefts) -> Matrix:
        return self.inputs.lefts(left)

    def rights(self, right: Matrix) -> Matrix:
        return unit(self.ridge(self.inputs.rights(right)))


@dataclass(frozen=True)
class Shared:
    """The right side's own space, where the left encoder places its side by itself."""

    inputs: Inputs

    def lefts(self, left: Lefts) -> Matrix:
        return self.inputs.placed(left)

    def rights(self, right: Matrix) -> Matrix:
        return self.inputs.rights(right)


@dataclass(frozen=True)
class View:
    """A space in which no side is near everything, on a scale that other views share.

    Vectors are lengthened by what each side's neighbours take off, so that the score is still an
    inner product of a left and a right vector.
    """

    space: Space
    known_lefts: Matrix | None = None
    known_rights: Matrix | None = None
    mean: float = 0.0
    scale: float = 1.0

    @classmethod
    def learn(cls, space: Space, known: Sides) -> View:
        """From landmarks, each right side once however many of them say it."""
        marks = known.landmarks()
        lefts, rights = marks.left, np.unique(marks.right, axis=0)
        start = cls(space, space.lefts(lefts), space.rights(rights))
        cosines = start.lefts(lefts) @ start.rights(rights).T
        return cls(
            space, start.known_lefts, start.known_rights, cosines.mean(), cosines.std() + 1e-12
        )

    def lefts(self, left: Lefts) -> Matrix:
        rows = self.space.lefts(left)
        taken = self.mean + _nearness(rows, self.known_rights) / 2
        return np.hstack([rows / self.scale, -taken / self.scale, np.ones((len(rows), 1))])

    def rights(self, right: Matrix) -> Matrix:
        rows = self.space.rights(right)
        taken = _nearness(rows, self.known_lefts) / 2
        return np.hstack([rows, np.ones((len(rows), 1)), -taken / self.scale])


@dataclass(frozen=True)
class Head:
    """Fitted views of both sides. Rows of `lefts` and `rights` score by their inner product."""

    learned_views: tuple[View, ...] = ()
    shared_views: tuple[View, ...] = ()

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

    @property
    def learned(self) -> Head:
        return Head(self.learned_views)

    @property
    def zero_shot(self) -> Head:
        return Head((), self.shared_views)

    @property
    def views(self) -> tuple[tuple[View, float], ...]:
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


def _nearness(rows: Matrix, known: Matrix | None) -> Matrix:
    """The mean cosine of each row with its nearest among the known, as a column."""
    found = np.zeros((len(rows), 1))
    if known is None:
        return found
    nearest = min(NEIGHBOURS, len(known))
    for some in blocks(len(rows)):
        cosines = np.partition(rows[some] @ known.T, -nearest, axis=1)[:, -nearest:]
        found[some] = cosines.mean(axis=1, keepdims=True)
    return found


def _moments(rows: Matrix) -> tuple[Matrix, Matrix]:
    """Mean and standard deviation of each column, in double precision, by blocks."""
    mean = rows.mean(axis=0, dtype=np.float64)
    squares = sum(((rows[some] - mean) ** 2).sum(axis=0) for some in blocks(len(rows)))
    return mean, np.sqrt(squares / len(rows))


def matrix(vectors: pl.Series) -> Matrix:
    """As precise as it is stored: half the memory of what is reckoned with, block by block."""
    return np.asarray(vectors.to_numpy())
