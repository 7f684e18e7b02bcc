"""Matching of two pools of vectors in one space: which left belongs to which right, and how surely.

Both pools are centred on their own means (where they are large enough to have one worth the name)
and compared by cosine. A vector that is near to everything would be everybody's nearest, so
cosines are measured against the neighbourhoods of both ends (CSLS, Conneau et al. 2018, "Word
translation without parallel data", arXiv 1710.04087), here halved, to stay in units of a cosine:

    gain(x, y) = cos(x, y) - (r(x) + r(y)) / 2      r: mean cosine of the NEIGHBOURS nearest

A pair is worth making where its gain is above 0: the two are nearer than their neighbourhoods. Such
a cosine is above the mean of the nearest of x or of y, hence among them, so that there are fewer
than NEIGHBOURS of them per vector: they are found in blocks, kept as a sparse graph, and nothing
of the whole matrix has to be held.

    mutual       x and y are each other's best. `margin`: how far the gain lies above the second
                 best of either, or above 0, which is making no pair.
    assignment   one-to-one with the highest sum of gains (Jonker and Volgenant 1987, as in
                 `scipy.sparse.csgraph`); each may stay alone, at 0. `margin`: what is lost, per
                 pair touched, by the best other use of either end: no pair, a free partner, or an
                 exchange of partners with another pair.

In:   side ("left" or "right"), id (text, unique within a side), vector (of one width)
Out:  side, left, right, similarity (the cosine), gain, margin, note. One row per pair, side "both",
      note null; then one row per vector that stays alone, side "left" or "right", with its nearest
      on the other (by gain, else by cosine; null where there is none) and why it stays alone.

Ties go to the smaller id. Thresholds are for who reads the result: a higher one only takes pairs
away. Time grows with the product of both pools, memory with their sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from curate.fits.fit import Fit

Matrix: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"
Rows: TypeAlias = "np.ndarray[Any, np.dtype[np.intp]]"

NEIGHBOURS = 10
"""As in the paper."""
FEWEST = 20
"""Vectors in a pool below which its mean is mostly the vectors themselves; it is not centred."""
DECIMALS = 6
"""Kept of every cosine; what lies beyond differs between builds of the linear algebra."""
CELLS = 1 << 22
"""Cosines held at a time."""
RESULT: dict[str, type[pl.DataType]] = {
    "side": pl.String,
    "left": pl.String,
    "right": pl.String,
    "similarity": pl.Float64,
    "gain": pl.Float64,
    "margin": pl.Float64,
    "note": pl.String,
}


def matching(match: str = "mutual") -> Fit:
    """The declaration; `match` is `mutual` or `assignment`."""
    return Fit(
        name="matching",
        version=1,
        compute="curate.fits.matching:factory",
        params={"match": match},
        libraries=("numpy", "scipy"),
    )


def factory(fit: Fit) -> Callable[[pl.DataFrame], pl.DataFrame]:
    choose = _CHOOSE[fit.params["match"]]
    return lambda table: matched(table, choose)


def matched(table: pl.DataFrame, choose: Choose) -> pl.DataFrame:
    """Both pools, each vector in a pair or alone."""
    from threadpoolctl import threadpool_limits

    sides = [table.filter(pl.col("side") == name).sort("id") for name in ("left", "right")]
    with threadpool_limits(1):
        left, right = (_directions(side["vector"]) for side in sides)
        near = (Near.of(left, right), Near.of(right, left))
        edges = Edges.between(left, right, near)
    chosen, margin = choose(edges)
    ids = (sides[0]["id"], sides[1]["id"])
    pairs = _frame("both", ids, edges.left[chosen], edges.right[chosen]).with_columns(
        similarity=edges.cosine[chosen], gain=edges.gain[chosen], margin=margin
    )
    alone = [_alone(name, ids, edges, chosen, near) for name in ("left", "right")]
    whole = pl.concat([pairs, *alone], how="diagonal_relaxed")
    rounded = pl.col("similarity", "gain", "margin").cast(pl.Float64).round(DECIMALS)
    return whole.with_columns(rounded).match_to_schema(RESULT, missing_columns="insert")


def _directions(vectors: pl.Series) -> Matrix:
    """Unit vectors, from the pool's own centre."""
    if vectors.is_empty():
        return np.zeros((0, 0))
    rows = vectors.explode().to_numpy().astype(np.float64).reshape(len(vectors), -1)
    if len(rows) >= FEWEST:
        rows = rows - rows.mean(axis=0)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))


def _blocks(left: Matrix, right: Matrix) -> Iterator[tuple[int, Matrix]]:
    """Cosines of some rows with all of the others, and the first row's number."""
    if len(left) and len(right):
        step = max(1, CELLS // len(right))
        for start in range(0, len(left), step):
            yield start, np.round(left[start : start + step] @ right.T, DECIMALS)


@dataclass(frozen=True)
class Near:
    """Of each vector of one pool: what is near to it in the other."""

    radius: Matrix
    """The mean cosine of the nearest."""
    nearest: Rows
    """The nearest one's number; of several the first. Empty where the other pool is."""
    cosine: Matrix

    @classmethod
    def of(cls, own: Matrix, other: Matrix) -> Near:
        found = [_nearest(block) for _, block in _blocks(own, other)]
        if not found:
            return cls(np.zeros(len(own)), np.zeros(0, np.intp), np.zeros(0))
        radius, nearest, cosine = (np.concatenate(part) for part in zip(*found, strict=True))
        return cls(radius, nearest, cosine)


def _nearest(block: Matrix) -> tuple[Matrix, Rows, Matrix]:
    count = min(NEIGHBOURS, block.shape[1])
    best = np.partition(block, -count, axis=1)[:, -count:]
    return np.round(best.mean(axis=1), DECIMALS), block.argmax(axis=1), block.max(axis=1)


@dataclass(frozen=True)
class Edges:
    """Every pair with a gain, in order of left and right."""

    left: Rows
    right: Rows
    cosine: Matrix
    gain: Matrix
    counts: tuple[int, int]
    """Vectors on the left and on the right."""

    @classmethod
    def between(cls, left: Matrix, right: Matrix, near: tuple[Near, Near]) -> Edges:
        parts: list[tuple[Any, ...]] = [(np.zeros(0, np.intp),) * 2 + (np.zeros(0),) * 2]
        for start, cosine in _blocks(left, right):
            own = near[0].radius[start : start + len(cosine), None]
            gain = np.round(cosine - (own + near[1].radius) / 2, DECIMALS)
            rows, columns = np.nonzero(gain > 0)
            parts.append((rows + start, columns, cosine[rows, columns], gain[rows, columns]))
        lefts, rights, cosines, gains = (np.concatenate(part) for part in zip(*parts, strict=True))
        return cls(lefts, rights, cosines, gains, (len(left), len(right)))

    def best(self, side: int) -> tuple[Rows, Matrix]:
        """Per vector of a side its best edge's number, -1 for none, and the second best's gain."""
        own, other = (self.left, self.right) if side == 0 else (self.right, self.left)
        order = np.lexsort((other, -self.gain, own))
        bounds = np.searchsorted(own[order], np.arange(self.counts[side] + 1))
        first, size = bounds[:-1], np.diff(bounds)
        best, second = np.full(len(size), -1), np.zeros(len(size))
        best[size > 0] = order[first[size > 0]]
        second[size > 1] = self.gain[order[first[size > 1] + 1]]
        return best, second

    def find(self, left: Rows, right: Rows) -> Rows:
        """The numbers of these edges, -1 where there is none."""
        width = max(self.counts[1], 1)
        codes, wanted = self.left * width + self.right, left * width + right
        if not len(codes):
            return np.full(len(wanted), -1)
        at = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
        return np.where(codes[at] == wanted, at, -1)


Choose: TypeAlias = Callable[[Edges], tuple[Rows, Matrix]]
"""The numbers of the edges that become pairs, and the margin of each."""


def _mutual(edges: Edges) -> tuple[Rows, Matrix]:
    (lefts, after_left), (rights, after_right) = edges.best(0), edges.best(1)
    wanted = lefts[lefts >= 0]
    chosen = wanted[rights[edges.right[wanted]] == wanted]
    second = np.maximum(after_left[edges.left[chosen]], after_right[edges.right[chosen]])
    return chosen, edges.gain[chosen] - second


def _assignment(edges: Edges) -> tuple[Rows, Matrix]:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    # Every left may take a seat of its own beside the rights, which is to stay alone. A weight of
    # 0 would be no edge at all, so 1 is added to each; every left has exactly one, and none gains.
    lefts, rights = edges.counts
    if not len(edges.gain):
        return np.zeros(0, np.intp), np.zeros(0)
    own = np.arange(lefts)
    places = (np.concatenate([edges.left, own]), np.concatenate([edges.right, rights + own]))
    weights = np.concatenate([1 + edges.gain, np.ones(lefts)])
    graph = csr_array((weights, places), shape=(lefts, rights + lefts))
    row, column = min_weight_full_bipartite_matching(graph, maximize=True)
    taken = column < rights
    chosen = edges.find(row[taken], column[taken])
    return chosen, _losses(edges, chosen)


_CHOOSE: dict[str, Choose] = {"mutual": _mutual, "assignment": _assignment}


def _losses(edges: Edges, chosen: Rows) -> Matrix:
    """What each chosen edge is better, per pair touched, than the best other use of its ends."""
    pair_of = [np.full(count, -1) for count in edges.counts]
    pair_of[0][edges.left[chosen]] = chosen
    pair_of[1][edges.right[chosen]] = chosen
    others = np.setdiff1d(np.arange(len(edges.gain)), chosen)
    ends = pair_of[0][edges.left[others]], pair_of[1][edges.right[others]]
    gain = np.append(edges.gain, 0.0)  # what is not there, number -1, gains nothing
    both = (ends[0] >= 0) & (ends[1] >= 0)
    across = np.where(both, edges.find(edges.left[ends[1]], edges.right[ends[0]]), -1)
    loss = gain[ends[0]] + gain[ends[1]] - gain[others] - gain[across]
    margin = gain.copy()
    for end in ends:
        np.minimum.at(margin, end, loss / np.where(both, 2, 1))
    return margin[chosen]


def _frame(side: str, ids: tuple[pl.Series, pl.Series], left: Rows, right: Rows) -> pl.DataFrame:
    ends = {"left": ids[0].gather(left), "right": ids[1].gather(right)}
    return pl.DataFrame(ends).select(pl.lit(side).alias("side"), "left", "right")


def _alone(
    name: str,
    ids: tuple[pl.Series, pl.Series],
    edges: Edges,
    chosen: Rows,
    near: tuple[Near, Near],
) -> pl.DataFrame:
    """Who is in no pair, and why."""
    side = ("left", "right").index(name)
    own = np.setdiff1d(np.arange(edges.counts[side]), (edges.left, edges.right)[side][chosen])
    if not edges.counts[1 - side]:
        frame = pl.DataFrame({name: ids[side].gather(own)})
        return frame.with_columns(side=pl.lit(name), note=pl.lit("the other pool is empty"))
    best = edges.best(side)[0][own]
    some = best >= 0
    nearest, cosine = near[side].nearest[own], near[side].cosine[own]
    nearest[some] = (edges.right, edges.left)[side][best[some]]
    cosine[some] = edges.cosine[best[some]]
    frame = _frame(name, ids, *((own, nearest) if side == 0 else (nearest, own)))
    far, other = "nothing is nearer than its neighbourhood", "its nearest is nearer to another"
    return frame.with_columns(
        similarity=cosine, note=pl.when(pl.Series(some)).then(pl.lit(other)).otherwise(pl.lit(far))
    )
