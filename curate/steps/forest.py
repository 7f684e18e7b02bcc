"""Which vectors point nearly the same way, without holding all against all.

A tree sorts vectors by the sides of random planes that they lie on: neighbours in that order share
many sides. Vectors that share the first few are held against each other, and where these are too
many, those that share some more (Bawa, Condie and Ganesan, "LSH Forest", 2005). Two vectors an angle
a apart lie on one side of a plane with probability 1 - a / pi.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from math import ceil, log2

import numpy as np

from curate.steps.likeness import CROWDED, FEW, distinct

PLANES = 64
"""Of one tree."""
STEP = 4
"""Planes by which a crowded group is parted again."""
SPARE = 2
"""Planes less than would part vectors that point anywhere: real ones stand together."""
_ROWS = 65_536
"""Vectors worked on at once."""


def near(vectors: np.ndarray, trees: int, angle: float) -> np.ndarray:
    """Couples (m, 2) of int8 rows at most an angle (radians) apart, each once, the lesser first.

    Rows are in order of preference: of what stays crowded after every plane, each is held against
    the first few.
    """
    found, lengths = [np.zeros(0, np.int64)], _lengths(vectors)
    for tree in range(trees):
        for left, right in _neighbours(_sides(vectors, tree)):
            close = _apart(vectors, lengths, left, right) <= angle
            found.append(left[close] * len(vectors) + right[close])
        found = [distinct(np.concatenate(found))]
    return np.stack(np.divmod(found[0], max(len(vectors), 1)), axis=1)


def _sides(vectors: np.ndarray, tree: int) -> np.ndarray:
    """One bit a plane, the first plane highest; planes depend on the tree's number alone."""
    planes = _planes(tree, vectors.shape[1])
    sides = np.empty(len(vectors), np.uint64)
    for start in range(0, len(vectors), _ROWS):
        rows = slice(start, start + _ROWS)
        bits = np.packbits(vectors[rows].astype(np.float32) @ planes > 0, axis=1)
        sides[rows] = bits.view(">u8")[:, 0]
    return sides


def _planes(tree: int, size: int) -> np.ndarray:
    """Normals of 1 and -1 (Achlioptas 2001), drawn by a hash; products with int8 are exact."""
    drawn = hashlib.shake_128(f"tree {tree}".encode()).digest(size * PLANES // 8)
    signs = np.unpackbits(np.frombuffer(drawn, np.uint8)).reshape(size, PLANES)
    return signs.astype(np.float32) * 2 - 1


def _neighbours(sides: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Couples that share enough planes, group by group, then in ever smaller groups."""
    rows = np.argsort(sides, kind="stable")
    depth = min(max(ceil(log2(len(sides) + 1)) - SPARE, 1), PLANES)
    while len(rows):
        group = sides[rows] >> np.uint64(PLANES - depth)
        starts = np.flatnonzero(np.diff(group, prepend=~group[:1]))
        size = np.diff(starts, append=len(rows))
        last = depth == PLANES
        small = np.repeat(size <= CROWDED, size)
        yield from _within(rows[small], np.repeat(np.arange(len(size)), size)[small])
        if last:
            yield from _to_the_first(rows[~small], size[size > CROWDED])
        rows = rows[~small] if not last else rows[:0]
        depth = min(depth + STEP, PLANES)


def _within(rows: np.ndarray, group: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """All with all of every group; groups stand together."""
    for step in range(1, CROWDED):
        same = np.flatnonzero(group[step:] == group[:-step])
        if not len(same):
            return
        yield _ordered(rows[same], rows[same + step])


def _to_the_first(rows: np.ndarray, size: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Every member with the most preferred of its group; groups stand together, each in order."""
    starts = np.repeat(np.cumsum(size) - size, size)
    for step in range(FEW):
        later = np.flatnonzero(np.arange(len(rows)) > starts + step)
        yield _ordered(rows[starts[later] + step], rows[later])


def _ordered(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.minimum(left, right), np.maximum(left, right)


def _lengths(vectors: np.ndarray) -> np.ndarray:
    parts = [np.zeros(0, np.float32)]
    for start in range(0, len(vectors), _ROWS):
        rows = vectors[start : start + _ROWS].astype(np.float32)
        parts.append(np.linalg.norm(rows, axis=1))
    return np.concatenate(parts)


def _apart(
    vectors: np.ndarray, lengths: np.ndarray, left: np.ndarray, right: np.ndarray
) -> np.ndarray:
    """Angles between rows, in radians; sums of products of int8 are exact."""
    parts = [np.zeros(0, np.float32)]
    for start in range(0, len(left), _ROWS):
        one, other = (side[start : start + _ROWS] for side in (left, right))
        inner = np.einsum("ij,ij->i", vectors[one], vectors[other], dtype=np.float32)
        cosine = inner / np.maximum(lengths[one] * lengths[other], 1e-6)
        parts.append(np.arccos(cosine.clip(-1, 1)))
    return np.concatenate(parts)
