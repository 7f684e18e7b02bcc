"""Ways in which a picture may lie: mirrored, turned by quarters, or both.

A sketch's frequencies show that as they are: what is mirrored has its odd frequencies of the other
sign, and what is turned has those across for those down (Oppenheim and Schafer, "Discrete-Time Signal
Processing", on symmetries of the discrete cosine transform).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np

from curate.measures.image_duplicate import planes, row


@dataclass(frozen=True)
class Orientation:
    """First transposed, then upside down, then left to right, each or not."""

    transposed: bool
    down: bool
    across: bool

    @property
    def mirrored(self) -> bool:
        """Whether no turn alone does it."""
        return (self.transposed + self.down + self.across) % 2 == 1

    @property
    def word(self) -> str:
        """For the evidence."""
        if self.transposed and self.mirrored:
            return "mirrored and turned"
        return "mirrored" if self.mirrored else "turned"

    def laid(self, planes: np.ndarray) -> np.ndarray:
        """Planes (..., side, side) as they lie so."""
        planes = planes.swapaxes(-1, -2) if self.transposed else planes
        steps = [-1 if flipped else 1 for flipped in (self.down, self.across)]
        return planes[..., :: steps[0], :: steps[1]]

    def sketched(self, sketches: np.ndarray) -> np.ndarray:
        """Sketches `whole`, int8 (n, 81), of the same pictures lying so."""
        order, sign = _numbers(self)
        sketched: np.ndarray = sketches[:, order] * sign
        return sketched

    def _signed(self, frequencies: np.ndarray) -> np.ndarray:
        """The same of frequencies (..., side, side)."""
        sign = (-1) ** np.arange(frequencies.shape[-1])
        turned = frequencies.swapaxes(-1, -2) if self.transposed else frequencies
        turned = turned * sign[:, None] if self.down else turned
        return turned * sign if self.across else turned


def orientations(variants: Collection[str]) -> tuple[Orientation, ...]:
    """Those that `flip`, `rotate` or both allow, but for a picture as it is."""
    every = [Orientation(*each) for each in product((False, True), repeat=3) if any(each)]
    turned = [each for each in every if not each.mirrored]
    flat = [each for each in every if each.mirrored and not each.transposed]
    if {"flip", "rotate"} <= set(variants):
        return tuple(every)
    return tuple(flat * ("flip" in variants) + turned * ("rotate" in variants))


@cache
def _numbers(orientation: Orientation) -> tuple[np.ndarray, np.ndarray]:
    """Which numbers of `whole` take every place, and with which sign."""
    moved = row([orientation._signed(each) for each in planes()])
    return np.abs(moved) - 1, np.sign(moved).astype(np.int8)
