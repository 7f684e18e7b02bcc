"""Spaces in which the two sides of a pair meet, each a unit vector: their cosine says how well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from curate.fits.ridge import Matrix, Ridge, blocks, unit
from curate.fits.sides import Lefts, Sides


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


def _moments(rows: Matrix) -> tuple[Matrix, Matrix]:
    """Mean and standard deviation of each column, in double precision, by blocks."""
    mean = rows.mean(axis=0, dtype=np.float64)
    squares = sum(((rows[some] - mean) ** 2).sum(axis=0) for some in blocks(len(rows)))
    return mean, np.sqrt(squares / len(rows))
