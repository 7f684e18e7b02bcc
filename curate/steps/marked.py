"""How alike two small pictures are but for a mark: a logo in a corner, or a line of text along an edge.

All that differs must lie in one small box there, and most of what there is to see outside of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from curate.measures.image_duplicate import SIDE
from curate.steps.look import ASPECT, STRICT, differences, mixed
from curate.steps.pictures import Pictures

COARSE, CHANGED = 20, 0.3
"""Levels from which a spot at 16 by 16 has changed, and the largest share of spots that may have."""
UNLIKE = 255 * (1 - 0.945) / STRICT
"""Levels from which a spot has changed."""
LARGEST = 0.2
"""Share of a picture that the box may be."""
GAP = SIDE // 7
"""Pixels of 64 between the box and the edge that it lies by."""
LONG = SIDE // 2
"""Pixels of 64 that a line has along its edge at least."""
SEEN, LEAST = 0.6, 80
"""Share of the plainer picture's edges that must lie outside of the box, and how many of 4,096 spots."""


def marked(one: Pictures, other: Pictures) -> np.ndarray:
    """Likeness of couples outside of the mark, (n,); 0 where it is no mark."""
    found = np.zeros(len(one))
    rest = np.flatnonzero(_hopeful(one, other))
    one, other = one[rest], other[rest]
    off = _off(one, other)
    outside = ~_boxes(off > UNLIKE)
    edges = [mixed(each, each)[:, 0] for each in (one, other)]
    seen = (edges[0] & edges[1] & outside).sum((1, 2))
    plainer = np.minimum(*(each.sum((1, 2)) for each in edges))
    mark = seen >= np.maximum(SEEN * plainer, LEAST)
    worst = (off * outside).max((1, 2), initial=0)
    found[rest] = np.where(mark, 1 - STRICT * worst / 255, 0)
    return found


def _hopeful(one: Pictures, other: Pictures) -> np.ndarray:
    least = np.minimum(one.size, other.size)
    shape = np.abs(one.aspect - other.aspect) <= ASPECT + (0.5 / least).sum(1)
    changed = (np.abs(one.coarse - other.coarse) > COARSE).mean((1, 2))
    hopeful: np.ndarray = shape & (changed <= CHANGED) & (one.black == other.black)
    return hopeful


def _off(one: Pictures, other: Pictures) -> np.ndarray:
    """Levels by which every spot differs in luma or chroma, (n, 64, 64)."""
    luma, chroma = (each.max(1) for each in differences(one, other))
    off: np.ndarray = np.maximum(luma, chroma.repeat(2, 1).repeat(2, 2))
    return off


def _boxes(changed: np.ndarray) -> np.ndarray:
    """The box round all that changed, bool (n, 64, 64); none where it is no place for a mark."""
    down, across = (_spans(np.asarray(changed.any(axis))) for axis in (2, 1))
    box: np.ndarray = down[:, :, None] & across[:, None, :]
    by = [span[:, :GAP].any(1) | span[:, -GAP:].any(1) for span in (down, across)]
    line = [span.sum(1) >= LONG for span in (across, down)]
    place = (by[0] & (by[1] | line[0])) | (by[1] & line[1])
    box &= (place & (box.mean((1, 2)) <= LARGEST))[:, None, None]
    return box


def _spans(changed: Any) -> np.ndarray:
    """From the first that changed to the last, (n, 64)."""
    from_first = np.logical_or.accumulate(changed, axis=1)
    to_last = np.logical_or.accumulate(changed[:, ::-1], axis=1)[:, ::-1]
    spans: np.ndarray = from_first & to_last
    return spans
