"""How one small picture must be moved and stretched to lie over another: copies are cut a little,
or get a border.

Each way has a shift and a stretch. They start where the insides of margins lie over each other and
are improved by Gauss and Newton's steps on blurred luma (Lucas and Kanade 1981). Places are counted
from 0 to 1 along each side; `x` of the one lies at `shift + stretch * x` of the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

REACH = 0.06
"""Share of a side by which an edge may be cut off or put on."""
TURNS = 4
_UNDETERMINED = 1e-3
"""Added to what the steps divide by: a picture without detail one way is not moved that way."""


@dataclass(frozen=True)
class Overlay:
    """Shifts and stretches of couples, (n, 2) each: down and across."""

    shift: np.ndarray
    stretch: np.ndarray
    reach: float = REACH
    """Half the share of a side by which edges may lie apart."""
    least: float = 0.0
    """Share of a side that must be off."""

    @classmethod
    def of_boxes(cls, one: np.ndarray, other: np.ndarray, side: int) -> Overlay:
        """What lays boxes (top, bottom, left, right) over boxes, or nothing moved where that is
        too much.
        """
        starts, ends = (
            (one[:, [0, 2]] / side, other[:, [0, 2]] / side),
            (one[:, [1, 3]] / side, other[:, [1, 3]] / side),
        )
        stretch = (ends[1] - starts[1]) / (ends[0] - starts[0])
        found = cls(starts[1] - stretch * starts[0], stretch)
        kept = found.little[:, None]
        return cls(np.where(kept, found.shift, 0), np.where(kept, found.stretch, 1))

    @classmethod
    def none(cls, count: int) -> Overlay:
        """Nothing moved."""
        return cls(np.zeros((count, 2)), np.ones((count, 2)))

    def chosen(self, first: np.ndarray, other: Overlay) -> Overlay:
        """These where `first`, the others elsewhere."""
        where = first[:, None]
        shift = np.where(where, self.shift, other.shift)
        return Overlay(shift, np.where(where, self.stretch, other.stretch), self.reach, self.least)

    def __getitem__(self, rows: np.ndarray) -> Overlay:
        return Overlay(self.shift[rows], self.stretch[rows], self.reach, self.least)

    @property
    def little(self) -> np.ndarray:
        """Whether all edges stay within reach, and enough is off, (n,)."""
        ends = self.shift + self.stretch - 1
        farthest = np.maximum(np.abs(self.shift), np.abs(ends)).max(1)
        together = np.abs(self.shift - ends).max(1)
        little: np.ndarray = np.maximum(farthest, together) <= 2 * self.reach
        little &= together >= self.least
        return little

    def improved(self, one: np.ndarray, other: np.ndarray) -> Overlay:
        """After some steps on planes (n, side, side)."""
        found = self
        for _ in range(TURNS if len(one) else 0):
            found = found._stepped(one, other)
        return found

    def _stepped(self, one: np.ndarray, other: np.ndarray) -> Overlay:
        side = one.shape[-1]
        laid, seen = self.laid(other), self.seen(side)
        down, across = np.gradient(laid, 1 / side, axis=(1, 2))
        place = (np.arange(side) + 0.5) / side
        slopes = np.stack([down, down * place[:, None], across, across * place], axis=1)
        slopes = (slopes * seen[:, None]).reshape(len(one), 4, -1)
        off = ((one - laid) * seen).reshape(len(one), -1, 1)
        square = slopes @ slopes.transpose(0, 2, 1)
        weight = np.trace(square, axis1=1, axis2=2)[:, None, None]
        square = square + (_UNDETERMINED * weight + 1e-6) * np.eye(4, dtype=np.float32)
        step = np.linalg.solve(square, slopes @ off)[:, :, 0].clip(-REACH, REACH)
        bounds = 1 - 3 * self.reach, 1 + 3 * self.reach
        stretch = (self.stretch + step[:, 1::2]).clip(*bounds)
        return Overlay(self.shift + step[:, ::2], stretch, self.reach, self.least)

    def laid(self, planes: np.ndarray) -> np.ndarray:
        """The others (n, ..., side, side) as they lie over the ones; edges are continued."""
        side = planes.shape[-1]
        down, across = (self._reading(way, side) for way in (0, 1))
        if planes.ndim == 4:
            down, across = down[:, None], across[:, None]
        laid: np.ndarray = down @ planes @ across.swapaxes(-1, -2)
        return laid

    def _reading(self, way: int, side: int) -> np.ndarray:
        """Matrices (n, side, side) that read between pixels, linearly."""
        places = (self._places(way, side) * side - 0.5).clip(0, side - 1)
        weights: np.ndarray = (1 - np.abs(places[:, :, None] - np.arange(side))).clip(0)
        return weights.astype(np.float32)

    def _places(self, way: int, side: int) -> np.ndarray:
        place = (np.arange(side) + 0.5) / side
        places: np.ndarray = self.shift[:, way, None] + self.stretch[:, way, None] * place
        return places

    def seen(self, side: int) -> np.ndarray:
        """Where the other covers the one, float32 (n, side, side). Outermost pixels do not count:
        they mix with a border.
        """
        ring = max(1, side // 32)
        inside = slice(ring, side - ring)
        covered = np.zeros((2, len(self.shift), side), np.float32)
        for way in (0, 1):
            places = self._places(way, side)[:, inside]
            covered[way, :, inside] = np.abs(places - 0.5) <= 0.5 - ring / side
        seen: np.ndarray = covered[0][:, :, None] * covered[1][:, None, :]
        return seen
