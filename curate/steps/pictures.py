"""Small pictures in rows, as they are compared: luma, chroma, and what is known at a glance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cache

import numpy as np
import polars as pl

from curate.measures.image_duplicate import SIDE, inside, within
from curate.steps.orientation import Orientation

HALF, QUARTER = SIDE // 2, SIDE // 4


@dataclass(frozen=True)
class Pictures:
    """Every array has one row a picture; values are levels, 0 to 255."""

    luma: np.ndarray
    """(n, 64, 64)"""
    chroma: np.ndarray
    """(n, 2, 32, 32)"""
    size: np.ndarray
    """Width and height in pixels, (n, 2)."""
    black: np.ndarray
    """Whether transparent parts were laid over black, (n,)."""
    coarse: np.ndarray
    """Luma at 16 by 16, float32 (n, 16, 16)."""
    outer: np.ndarray
    """The box inside even margins: top, bottom, left, right in pixels of 64, (n, 4)."""
    inner: np.ndarray
    """The same inside a border and the margin within it, (n, 4)."""

    @classmethod
    def of(cls, seen: pl.DataFrame) -> Pictures:
        """From values of `IMAGE_THUMBNAIL`."""
        luma = np.frombuffer(b"".join(seen["luma"]), np.uint8).reshape(-1, SIDE, SIDE)
        chroma = np.frombuffer(b"".join(seen["chroma"]), np.uint8).reshape(-1, 2, HALF, HALF)
        size = seen.select("width", "height").to_numpy().astype(np.float64)
        black = (seen["ground"] == "black").to_numpy()
        return cls.made(luma, chroma, size, black)

    @classmethod
    def made(
        cls, luma: np.ndarray, chroma: np.ndarray, size: np.ndarray, black: np.ndarray
    ) -> Pictures:
        planes = luma[:, None]
        return cls(luma, chroma, size, black, shrunk(luma, QUARTER), within(planes), inside(planes))

    def lying(self, way: Orientation) -> Pictures:
        """The same pictures mirrored or turned."""
        luma, chroma = (np.ascontiguousarray(way.laid(each)) for each in (self.luma, self.chroma))
        size = self.size[:, ::-1] if way.transposed else self.size
        return Pictures.made(luma, chroma, size, self.black)

    def __len__(self) -> int:
        return len(self.luma)

    def __getitem__(self, rows: np.ndarray) -> Pictures:
        return self._each(lambda name: getattr(self, name)[rows])

    def chosen(self, first: np.ndarray, other: Pictures) -> Pictures:
        """These where `first`, the others elsewhere."""

        def pick(name: str) -> np.ndarray:
            mine: np.ndarray = getattr(self, name)
            where = first.reshape(-1, *[1] * (mine.ndim - 1))
            return np.where(where, mine, getattr(other, name))

        return self._each(pick)

    def painted(self, luma: np.ndarray, chroma: np.ndarray) -> Pictures:
        return replace(self, luma=luma, chroma=chroma)

    def outlined(self) -> Pictures:
        """What is known at a glance alone; no planes."""
        return self.painted(self.luma[:, :0], self.chroma[:, :0])

    def dulled(self, share: float, most: float) -> Pictures:
        """The same, held to have so much less detail."""
        return replace(self, size=np.minimum(self.size * share, most))

    def square(self) -> Pictures:
        """The same, held to be as wide as high."""
        return replace(self, size=np.repeat(self.size.min(1, keepdims=True), 2, axis=1))

    @property
    def lumas(self) -> np.ndarray:
        """float32 (n, 1, 64, 64)"""
        return self.luma[:, None].astype(np.float32)

    @property
    def chromas(self) -> np.ndarray:
        return self.chroma.astype(np.float32)

    @property
    def aspect(self) -> np.ndarray:
        """Logarithm of width over height, (n,)."""
        aspect: np.ndarray = np.log(self.size[:, 0] / self.size[:, 1])
        return aspect

    def _each(self, made: Callable[[str], np.ndarray]) -> Pictures:
        return Pictures(*(made(field.name) for field in fields(self)))


def shrunk(luma: np.ndarray, side: int) -> np.ndarray:
    """Means of equal squares, float32 (n, side, side)."""
    parts = [
        _averages(side) @ part.astype(np.float32) @ _averages(side).T
        for part in np.array_split(luma, len(luma) // 4096 + 1)
    ]
    return np.concatenate(parts)


@cache
def _averages(side: int) -> np.ndarray:
    share = side / SIDE
    return np.kron(np.eye(side), np.full(SIDE // side, share)).astype(np.float32)
