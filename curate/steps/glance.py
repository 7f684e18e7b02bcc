"""A cheap glance at two small pictures: might one lie over the other once it is moved a little?

Of every picture its much blurred planes at a few places are kept, and how they change when it is
shifted or stretched. What is left of the difference after the best such change, to first order,
is one step of Lucas and Kanade (1981) for all couples at once: it needs no pixels and no turns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from curate.steps.pictures import Pictures

SPOTS = 8
"""Places each way; the outermost do not count, being where borders are."""
BLUR = 6 / 64
"""Standard deviation of the blur as a share of the side: more than pictures are moved."""
LEFT = 3.2
"""Levels, root mean square, that may be left."""
_UNDETERMINED = 1e-3
_BLOCK = 4096


@dataclass(frozen=True)
class Glances:
    """Of pictures in rows."""

    planes: np.ndarray
    """Luma and chroma, float32 (n, 108)."""
    slopes: np.ndarray
    """What shifts and stretches down and across do to them, (n, 4, 108)."""
    inverse: np.ndarray
    """Of the products of slopes, (n, 4, 4)."""

    @classmethod
    def of(cls, pictures: Pictures) -> Glances:
        kinds = [_sampled(each) for each in (pictures.luma[:, None], pictures.chroma)]
        planes = np.concatenate([plane for plane, _ in kinds], axis=1)
        slopes = np.concatenate([slope for _, slope in kinds], axis=2)
        square = slopes @ slopes.transpose(0, 2, 1)
        weight = np.trace(square, axis1=1, axis2=2)[:, None, None]
        square += (_UNDETERMINED * weight + 1e-6) * np.eye(4, dtype=np.float32)
        return cls(planes, slopes, np.linalg.inv(square))

    def near(self, others: Glances, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Of couples of a row and one of others, whether little is left whichever is moved."""
        parts = [np.zeros(0, bool)]
        for start in range(0, len(left), _BLOCK):
            one, other = (side[start : start + _BLOCK] for side in (left, right))
            off = others.planes[other] - self.planes[one]
            parts.append(np.minimum(self._left(one, off), others._left(other, off)) <= LEFT)
        return np.concatenate(parts)

    def _left(self, rows: np.ndarray, off: np.ndarray) -> np.ndarray:
        """Root mean square of what no movement of the rows explains."""
        along = (self.slopes[rows] @ off[:, :, None])[:, :, 0]
        explained = (along * (self.inverse[rows] @ along[:, :, None])[:, :, 0]).sum(1)
        left: np.ndarray = np.sqrt(((off**2).sum(1) - explained).clip(0) / off.shape[1])
        return left


def _sampled(planes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of (n, channels, side, side) the blurred planes at all inner places, and their slopes."""
    value, slope = _kernels(planes.shape[-1])
    place = ((np.arange(SPOTS) + 0.5) / SPOTS)[1:-1].astype(np.float32)
    exact = planes.astype(np.float32)
    down, across = slope @ exact @ value.T, value @ exact @ slope.T
    ways = (down, down * place[:, None], across, across * place)
    slopes = np.stack([each.reshape(len(planes), -1) for each in ways], axis=1)
    return (value @ exact @ value.T).reshape(len(planes), -1), slopes


@cache
def _kernels(side: int) -> tuple[np.ndarray, np.ndarray]:
    """What samples a blurred row at the inner places, and its derivative there, (6, side) each."""
    place = ((np.arange(SPOTS) + 0.5) / SPOTS)[1:-1, None]
    away = ((np.arange(side) + 0.5) / side - place) / BLUR
    value = np.exp(-(away**2) / 2)
    total = value.sum(1, keepdims=True)
    slope = value * away / BLUR / total
    value = value / total
    slope -= value * slope.sum(1, keepdims=True)
    return value.astype(np.float32), slope.astype(np.float32)
