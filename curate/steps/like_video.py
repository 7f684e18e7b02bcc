"""Films of the same pictures: equal moments of their fingerprints propose; the verdict compares small
pictures, one after the other, where the films agree best.

The spot that is least alike decides for each moment, so that a film of the same place is not taken
for the same film; and where there is motion, it must be the same motion. Films of one colour are
alike to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from curate.measures.video_duplicate import RATE, SIDE, VIDEO_FRAMES
from curate.steps.fingerprints import Fingerprints
from curate.steps.likeness import ALIKE

if TYPE_CHECKING:
    from curate.measures.measure import Measure
    from curate.steps.step import Ask

LIKENESS = 0.8
"""The least of films that show the same, 1 is equal: 1 minus the difference in the least alike spot,
as a share of full scale, that nine in ten moments stay below."""
SHARE = 0.5
"""The least part of the longer film that must lie in the overlap."""
STILL_LIKENESS = 0.9
"""The same where nothing moves, so that there is but one picture to go by."""
MOTION = 0.7
"""The least correlation of what moves; where the films move elsewhere only, there is none."""
_STILL = 1.5
"""Grey levels, root mean square over time and place, below which nothing moves but noise."""
_MOST = 0.9
_OFFSETS = 5
_COUPLES = 256
"""Couples whose films' pictures are in memory at once."""


@dataclass(frozen=True)
class Films:
    """Films whose pictures are at least so alike where they overlap."""

    threshold: float = LIKENESS
    word: str = "video"

    def measures(self) -> tuple[Measure, ...]:
        return (VIDEO_FRAMES,)

    def propose(self, keys: pl.Series, ask: Ask) -> pl.DataFrame:
        return Fingerprints.of(keys, VIDEO_FRAMES, ask).couples(1)

    def verify(self, couples: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        ordered = couples.select("left", "right").sort("left", "right")
        found = [self._look(part, ask) for part in ordered.iter_slices(_COUPLES)]
        return pl.concat([pl.DataFrame(schema=ALIKE), *found])

    def _look(self, couples: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        keys = pl.concat([couples["left"], couples["right"]]).unique()
        seen = ask.measure(VIDEO_FRAMES, keys).drop_nulls("pictures")
        films = {
            key: np.frombuffer(data, np.uint8).reshape(-1, SIDE, SIDE, 3)
            for key, data in seen.select("key", "pictures").iter_rows()
        }
        rows = [
            (left, right, *self._alike(films[left], films[right]))
            for left, right in couples.iter_rows()
        ]
        return pl.DataFrame(rows, ALIKE, orient="row").drop_nulls("likeness")

    def _alike(self, left: np.ndarray, right: np.ndarray) -> tuple[float | None, str | None]:
        """Likeness and evidence; nothing where the films are not alike."""
        found = compared(left, right)
        needed = max(self.threshold, STILL_LIKENESS) if found.still else self.threshold
        if found.likeness < needed or found.motion < MOTION:
            return (None, None)
        return (found.likeness, found.evidence)


@dataclass(frozen=True)
class Overlap:
    """Two films laid over one another."""

    likeness: float = 0.0
    motion: float = 0.0
    """Correlation of what moves, 1 where nothing does."""
    offset: int = 0
    """The second's start in moments of the first."""
    still: bool = False
    """Whether nothing moves but noise."""
    share: float = 0.0
    """The part of the longer film that lies in the overlap."""

    @property
    def evidence(self) -> str:
        shift = round(abs(self.offset) / RATE, 2)
        return f"video, shifted by {shift} s, {round(100 * self.share)} % of the longer in common"


def compared(left: np.ndarray, right: np.ndarray) -> Overlap:
    """Pictures, uint8 (moments, `SIDE`, `SIDE`, 3), laid over one another at the best offset."""
    one, other = left.astype(np.float64), right.astype(np.float64)
    still = _power(one) * _power(other) < _STILL**2
    found = [_laid(one, other, int(offset), still) for offset in _offsets(one, other)]
    return max(found, key=lambda each: each.likeness + each.motion + each.share, default=Overlap())


def _laid(one: np.ndarray, other: np.ndarray, offset: int, still: bool) -> Overlap:
    start, end = max(offset, 0), min(len(one), offset + len(other))
    here, there = slice(start, end), slice(start - offset, end - offset)
    return Overlap(
        likeness=_likeness(one[here], other[there]),
        motion=_motion(one[here], other[there], still),
        offset=offset,
        still=still,
        share=(end - start) / max(len(one), len(other)),
    )


def _likeness(here: np.ndarray, there: np.ndarray) -> float:
    """Of as many moments. Each may show what the other shows between its neighbours, since films
    that were cut elsewhere are seen at other times.
    """
    apart = np.maximum(_outside(here, there), _outside(there, here))
    return round(1 - float(np.quantile(apart.max((1, 2, 3)), _MOST)) / 255, 6)


def _outside(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """How far each spot is from all that the other film shows there about that time."""
    about = np.stack([there[_shifted(len(there), by)] for by in (-1, 0, 1)])
    apart: np.ndarray = np.maximum(about.min(0) - here, here - about.max(0)).clip(min=0)
    return apart


def _shifted(length: int, by: int) -> np.ndarray:
    return np.clip(np.arange(length) + by, 0, length - 1)


def _motion(here: np.ndarray, there: np.ndarray, still: bool) -> float:
    """Correlation of what differs from each film's mean picture; 1 where the films are still."""
    if still:
        return 1.0
    power = _power(here) * _power(there)
    product = float(((here - here.mean(0)) * (there - there.mean(0))).mean())
    return round(product / max(power, _STILL**2), 6)


def _power(spots: np.ndarray) -> float:
    """Root mean square of what differs from the mean picture, in grey levels."""
    return float(np.sqrt(np.square(spots - spots.mean(0)).mean()))


def _offsets(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Of those at which enough of the longer lies in the overlap, the few that look best: the least
    mean square difference of spots.
    """
    needed = int(np.ceil(SHARE * max(len(left), len(right))))
    if min(len(left), len(right)) < needed:
        return np.zeros(0, int)
    offsets = np.arange(needed - len(right), len(left) - needed + 1)
    starts = np.maximum(offsets, 0)
    ends = np.minimum(len(left), offsets + len(right))
    squares = [np.append(0, np.square(part).sum((1, 2, 3)).cumsum()) for part in (left, right)]
    sums = squares[0][ends] - squares[0][starts]
    sums += squares[1][ends - offsets] - squares[1][starts - offsets]
    differences = (sums - 2 * _products(left, right)[offsets]) / (ends - starts)
    return offsets[np.argsort(differences, kind="stable")[:_OFFSETS]]


def _products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Sums of products of spots at each offset; negative offsets stand at the end."""
    from scipy import fft

    length = fft.next_fast_len(len(left) + len(right) - 1, real=True)
    spectra = [fft.rfft(part.reshape(len(part), -1), length, axis=0) for part in (left, right)]
    products: np.ndarray = fft.irfft((spectra[0] * np.conj(spectra[1])).sum(1), length)
    return products
