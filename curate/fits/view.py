"""A space as a head looks at it: without hubs, and on a scale that it shares with others.

Some vectors are near everything. Half of the mean cosine of either side with its nearest among
known pairs is taken off (CSLS; Conneau et al., 2018, "Word translation without parallel data").
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from curate.fits.ridge import Matrix, blocks
from curate.fits.sides import Lefts, Sides
from curate.fits.space import Space

NEIGHBOURS = 10


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
        lefts, rights = space.lefts(marks.left), space.rights(np.unique(marks.right, axis=0))
        start = cls(space, lefts, rights)
        cosines = start._lefts(lefts) @ start._rights(rights).T
        return replace(start, mean=cosines.mean(), scale=cosines.std() + 1e-12)

    def lefts(self, left: Lefts) -> Matrix:
        return self._lefts(self.space.lefts(left))

    def rights(self, right: Matrix) -> Matrix:
        return self._rights(self.space.rights(right))

    def _lefts(self, rows: Matrix) -> Matrix:
        taken = self.mean + _nearness(rows, self.known_rights) / 2
        return np.hstack([rows / self.scale, -taken / self.scale, np.ones((len(rows), 1))])

    def _rights(self, rows: Matrix) -> Matrix:
        taken = _nearness(rows, self.known_lefts) / 2
        return np.hstack([rows, np.ones((len(rows), 1)), -taken / self.scale])


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
