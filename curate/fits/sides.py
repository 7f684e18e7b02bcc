"""What a head learns from and scores: the vectors of both sides of the same pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from curate.fits.folds import Rows
from curate.fits.ridge import Matrix, blocks
from curate.pairs.draw import uniform

LANDMARKS = 1000
"""Known pairs, drawn by hash, that kernels and neighbours are reckoned by."""


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


def matrix(vectors: pl.Series) -> Matrix:
    """As precise as it is stored: half the memory of what is reckoned with, block by block."""
    return np.asarray(vectors.to_numpy())
