"""Couples of recordings whose fingerprints have moments in common: an inverted index over moments,
then the bits counted that differ where the two are laid over one another.

The cost grows with the number of moments: of those that many recordings have, a recording meets only
the few most preferred.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from curate.measures.fingerprint import BITS, CLEAR, WEAKEST
from curate.steps.likeness import COUPLES, CROWDED, FEW

if TYPE_CHECKING:
    from curate.measures.measure import Measure
    from curate.steps.step import Ask

_ERRORS = 0.3
"""Share of bits that may differ at the offset proposed; of unlike recordings half of them do."""
_OFFSETS = 3
"""Of each couple, so many offsets are looked at: those with the most equal moments."""
_AT_ONCE = 1 << 24
"""Moments, or couples of moments, in memory at once."""


@dataclass(frozen=True, eq=False)
class Fingerprints:
    """Fingerprints one after the other, in the order of preference of their contents."""

    keys: pl.Series
    moments: np.ndarray
    """Uint32 of all contents."""
    starts: np.ndarray
    """Where each content's moments begin, and where the last one's end."""

    @classmethod
    def of(cls, keys: pl.Series, measure: Measure, ask: Ask) -> Fingerprints:
        """Those of the contents that have any moment."""
        order = keys.to_frame("key").with_row_index("rank")
        seen = order.join(ask.measure(measure, keys), on="key").sort("rank")
        seen = seen.filter(pl.col("fingerprint").bin.size() > 0)
        moments = np.frombuffer(b"".join(seen["fingerprint"]), "<u4")
        ends = np.cumsum(seen["fingerprint"].bin.size().to_numpy().astype(np.int64) // 4)
        return cls(seen["key"], moments, np.concatenate([[0], ends]).astype(np.int64))

    def couples(self, least: int) -> pl.DataFrame:
        """`left`, `right`: contents that agree in enough bits at some offset, each couple once; at
        so many moments at `least` must both be clear.
        """
        met = np.concatenate([np.zeros((0, 3), np.int64), *self._meetings()])
        left, right, offset = _best(met)
        parts = _parts(np.minimum(self._lengths(left), self._lengths(right)))
        good = [self._agree(left[part], right[part], offset[part], least) for part in parts]
        kept = np.concatenate([np.zeros(0, bool), *good])
        ends = {"left": self.keys.gather(left[kept]), "right": self.keys.gather(right[kept])}
        return pl.DataFrame(ends, COUPLES).unique()

    def _lengths(self, places: np.ndarray) -> np.ndarray:
        lengths: np.ndarray = self.starts[places + 1] - self.starts[places]
        return lengths

    def _meetings(self) -> Iterator[np.ndarray]:
        """Rows of left, right, offset: equal moments, the least certain bit either way; partly, so
        that memory is bounded.
        """
        clear = np.flatnonzero(self.moments >> CLEAR)
        owners = np.repeat(np.arange(len(self.keys)), np.diff(self.starts))[clear]
        times = clear - self.starts[owners]
        found = self.moments[clear]
        bits = found & ((1 << BITS) - 1)
        flipped = bits ^ (np.uint32(1) << (found >> WEAKEST & 31))
        parts = 1 + 2 * len(bits) // _AT_ONCE
        for part in range(parts):
            chosen = [np.flatnonzero(each % parts == part) for each in (bits, flipped)]
            yield _meeting(
                np.concatenate([bits[chosen[0]], flipped[chosen[1]]]),
                np.concatenate([owners[each] for each in chosen]),
                np.concatenate([times[each] for each in chosen]),
            )

    def _agree(
        self, left: np.ndarray, right: np.ndarray, offset: np.ndarray, least: int
    ) -> np.ndarray:
        """Whether few of the bits differ between moments that are clear in both."""
        first = np.maximum(offset, 0)
        last = np.minimum(self._lengths(left), offset + self._lengths(right))
        count = np.maximum(last - first, 0)
        couple = np.repeat(np.arange(len(left)), count)
        step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        at = step + (self.starts[left] + first)[couple]
        here = self.moments[at]
        there = self.moments[at + (self.starts[right] - self.starts[left] - offset)[couple]]
        both = (here & there) >> CLEAR
        wrong = np.bitwise_count((here ^ there) & ((1 << BITS) - 1)) * both
        moments = np.bincount(couple, both, len(left))
        errors = np.bincount(couple, wrong, len(left))
        agree: np.ndarray = (moments >= least) & (errors <= _ERRORS * BITS * moments)
        return agree


def _meeting(bits: np.ndarray, owners: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Left, right, offset of contents that have a moment in common, of each content its first.

    Of a crowded bucket every member meets the most preferred alone.
    """
    order = np.lexsort((times, owners, bits))
    bits, owners, times = bits[order], owners[order], times[order]
    first = np.flatnonzero((np.diff(bits, prepend=-1) != 0) | (np.diff(owners, prepend=-1) != 0))
    bits, owners, times = bits[first], owners[first], times[first]
    starts = np.flatnonzero(np.diff(bits, prepend=-1))
    sizes = np.diff(np.append(starts, len(bits)))
    before = np.arange(len(bits)) - np.repeat(starts, sizes)
    meets = np.where(np.repeat(sizes, sizes) <= CROWDED, before, np.minimum(before, FEW))
    right = np.repeat(np.arange(len(bits)), meets)
    left = np.arange(len(right)) - np.repeat(np.cumsum(meets) - meets, meets)
    left += np.repeat(np.repeat(starts, sizes), meets)
    return np.stack([owners[left], owners[right], times[left] - times[right]], axis=1)


def _best(met: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each couple the offsets at which the most moments meet."""
    found, votes = np.unique(met, axis=0, return_counts=True)
    order = np.lexsort((-votes, found[:, 1], found[:, 0]))
    left, right, offset = found[order].T
    new = np.flatnonzero((np.diff(left, prepend=-1) != 0) | (np.diff(right, prepend=-1) != 0))
    sizes = np.diff(np.append(new, len(left)))
    kept = np.arange(len(left)) - np.repeat(new, sizes) < _OFFSETS
    return left[kept], right[kept], offset[kept]


def _parts(costs: np.ndarray) -> Iterator[slice]:
    """Slices whose costs sum to little more than `_AT_ONCE`."""
    group = np.cumsum(costs) // _AT_ONCE
    edges = np.flatnonzero(np.diff(group, prepend=-1, append=-1))
    return (slice(start, end) for start, end in pairwise(edges))
