"""How alike two small pictures are but for a mark near an edge: a logo, or a line of text.

All that differs must lie in one small box by an edge, and most of what there is to see outside of it.
"""

from __future__ import annotations

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
NEAR = SIDE // 3
"""Pixels of 64 from an edge in which the box must lie."""
SEEN, LEAST = 0.6, 120
"""Share of edges that must lie outside of the box, and how many of 4,096 spots."""


def marked(one: Pictures, other: Pictures) -> np.ndarray:
    """Likeness of couples outside of the mark, (n,); 0 where it is no mark."""
    found = np.zeros(len(one))
    rest = np.flatnonzero(_hopeful(one, other))
    one, other = one[rest], other[rest]
    off = _off(one, other)
    outside = ~_boxes(off > UNLIKE)
    edges = mixed(one, other)[:, 0]
    seen = (edges & outside).sum((1, 2))
    mark = seen >= np.maximum(SEEN * edges.sum((1, 2)), LEAST)
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
    ways = [_spans(changed.any(axis)) for axis in (2, 1)]
    box: np.ndarray = ways[0][:, :, None] & ways[1][:, None, :]
    small = box.mean((1, 2)) <= LARGEST
    by = np.zeros(len(box), bool)
    for span in ways:
        by |= ~span[:, NEAR:].any(1) | ~span[:, :-NEAR].any(1)
    box &= (small & by)[:, None, None]
    return box


def _spans(changed: np.ndarray) -> np.ndarray:
    """From the first that changed to the last, (n, 64)."""
    from_first = np.logical_or.accumulate(changed, axis=1)
    to_last = np.logical_or.accumulate(changed[:, ::-1], axis=1)[:, ::-1]
    spans: np.ndarray = from_first & to_last
    return spans
