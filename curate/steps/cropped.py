"""How alike one small picture is to a part of another: of copies of which up to a quarter of each
side's length was cut off.

Where the part begins is tried in a few places at 16 by 16; the nearest is improved as for pictures
that were cut a little (`curate.steps.look`), only further.
"""

from __future__ import annotations

import numpy as np

from curate.measures.image_duplicate import WINDOWS
from curate.steps.look import improved, rough
from curate.steps.overlay import Overlay
from curate.steps.pictures import Pictures

REACH = 0.16
"""Half the share of a side that may be off."""
LEAST = 0.04
"""Share of a side below which nothing was cropped: `curate.steps.look` sees that more sharply."""
DULL = 0.55
"""Of the other's pixels, how many count: a part of it has fewer, and all were read between."""
ROUGH = 0.65
"""Share of its own differences by which a part may differ from the nearest of the places tried."""
ASPECT = 0.12
"""Largest difference of the logarithms of two aspect ratios."""


def cropped(one: Pictures, other: Pictures) -> np.ndarray:
    """Likeness of couples, (n,), whichever is the part; 0 where neither is."""
    least = np.minimum(one.size, other.size)
    shape = np.abs(one.aspect - other.aspect) <= ASPECT + (0.5 / least).sum(1)
    rest = np.flatnonzero(shape & (one.black == other.black))
    found = np.zeros(len(one))
    found[rest] = np.maximum(_part(one[rest], other[rest]), _part(other[rest], one[rest]))
    return found


def _part(one: Pictures, other: Pictures) -> np.ndarray:
    """Likeness of the ones to parts of the others."""
    found = np.zeros(len(one))
    starts = [_window(len(one), *window) for window in WINDOWS]
    off = np.stack([rough(one.coarse, other.coarse, start) for start in starts])
    best = off.argmin(0)
    places = np.array(WINDOWS)[best]
    near = np.flatnonzero(off.min(0, initial=np.inf) <= ROUGH)
    one, other = one[near], other[near]
    start = Overlay(places[near, :2], places[near, 2:].repeat(2, 1), REACH, LEAST)
    start = start.improved(one.coarse, other.coarse)
    found[near] = improved(one, other, start, DULL)
    return found


def _window(count: int, down: float, across: float, share: float) -> Overlay:
    return Overlay(np.full((count, 2), (down, across)), np.full((count, 2), share))
