"""Images that look alike: PDQ hashes within 31 of 256 bits, or small pictures close as a whole,
propose; the verdict is the least alike spot of the two 32 by 32 pictures, because what tells the
six from the eight of clubs, or one skin tone from another, is small and local.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate.measures.image_duplicate import IMAGE_PDQ, IMAGE_THUMBNAIL, SIDE
from curate.steps.likeness import ALIKE, COUPLES

if TYPE_CHECKING:
    from curate.measures.measure import Measure
    from curate.steps.step import Ask

PDQ_RADIUS = 31
"""PDQ's own recommendation for a match."""
_WHOLE = 12.0
"""Mean difference in grey levels at 8 by 8 below which two pictures are worth a careful look."""
_ASPECT = 0.08
"""Largest difference of the logarithms of two aspect ratios."""
_BLOCK = 2048


@dataclass(frozen=True)
class Images:
    """Pictures whose least alike spot is at least so alike."""

    threshold: float
    word: str = "image"

    def measures(self) -> tuple[Measure, ...]:
        return (IMAGE_PDQ, IMAGE_THUMBNAIL)

    def propose(self, keys: pl.Series, ask: Ask) -> pl.DataFrame:
        """All are held against all, in blocks."""
        seen = ask.measure([IMAGE_PDQ, IMAGE_THUMBNAIL], keys).filter(pl.col("error").is_null())
        if seen.height < 2:
            return pl.DataFrame(schema=COUPLES)
        left, right = _near(seen)
        names = seen["key"]
        return pl.DataFrame({"left": names[left], "right": names[right]}, schema=COUPLES)

    def verify(self, couples: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        if not couples.height:
            return pl.DataFrame(schema=ALIKE)
        keys = pl.concat([couples["left"], couples["right"].rename("left")]).unique()
        seen = ask.measure(IMAGE_THUMBNAIL, keys).filter(pl.col("error").is_null())
        left, right = _places(couples, seen["key"])
        pictures, aspects = _pictures(seen, SIDE), np.log(seen["aspect"].to_numpy())
        scores = [_least_alike(pictures, *part) for part in _parts(left, right)]
        score = np.concatenate([np.zeros(0), *scores])
        good = (score >= self.threshold) & (np.abs(aspects[left] - aspects[right]) <= _ASPECT)
        alike = couples.select("left", "right").with_columns(likeness=score, detail=pl.lit("image"))
        return alike.filter(pl.Series(good)).cast(pl.Schema(ALIKE))


def _places(couples: pl.DataFrame, keys: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    numbers = pl.int_range(keys.len(), eager=True)
    left, right = (
        couples[side].replace_strict(keys, numbers, return_dtype=pl.Int64).to_numpy()
        for side in ("left", "right")
    )
    return left, right


def _near(seen: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Indices of pictures worth comparing; every pair once."""
    words = np.frombuffer(b"".join(seen["pdq"]), dtype=np.uint64).reshape(-1, 4)
    coarse = _pictures(seen, 8).reshape(len(seen), -1).astype(np.float32)
    found: list[np.ndarray] = []
    for start in range(0, len(seen), _BLOCK):
        block = slice(start, start + _BLOCK)
        near = _hamming(words[block], words[start:]) <= PDQ_RADIUS
        near |= _distance(coarse[block], coarse[start:]) <= _WHOLE
        rows, columns = np.nonzero(np.triu(near, 1))
        found.append(np.stack([rows + start, columns + start]))
    left, right = np.concatenate(found, axis=1)
    return left, right


def _hamming(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    total = np.zeros((len(left), len(right)), np.uint16)
    for word in range(left.shape[1]):
        total += np.bitwise_count(left[:, None, word] ^ right[None, :, word])
    return total


def _distance(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Root mean square difference of rows."""
    squares = (left**2).sum(1)[:, None] + (right**2).sum(1)[None, :] - 2 * left @ right.T
    distance: np.ndarray = np.sqrt(np.maximum(squares, 0) / left.shape[1])
    return distance


def _pictures(seen: pl.DataFrame, side: int) -> np.ndarray:
    """The small pictures as (n, side, side, 3), each pixel the mean of its area."""
    flat = np.frombuffer(b"".join(seen["thumbnail"]), dtype=np.uint8)
    cell = SIDE // side
    cells = flat.reshape(-1, side, cell, side, cell, 3)
    pictures: np.ndarray = cells.mean((2, 4), dtype=np.float32)
    return pictures


def _parts(left: np.ndarray, right: np.ndarray) -> Iterator[tuple[Any, Any]]:
    for start in range(0, len(left), _BLOCK):
        yield left[start : start + _BLOCK], right[start : start + _BLOCK]


def _least_alike(pictures: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """1 minus the largest difference of any colour in any spot of 2 by 2, as a share of 255."""
    difference = np.abs(pictures[left] - pictures[right])
    spots = difference.reshape(len(left), SIDE // 2, 2, SIDE // 2, 2, 3).mean((2, 4))
    score: np.ndarray = 1 - spots.max((1, 2, 3)) / 255
    return score.astype(np.float64).round(6)
