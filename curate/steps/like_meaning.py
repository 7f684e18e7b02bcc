"""Contents that mean the same to an encoder: vectors whose cosine is high enough.

Up to `WHOLE` contents are all held against all. Of more, only those are that share a block: one of
the two clusters whose centres are nearest to each (k-means, as in SemDeDup: Abbas et al. 2023, with
a second cluster for those that lie between two). What that misses is measured by exact search for a
sample, and told. Contents without a usable vector are alike to nothing, and counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from curate.steps.likeness import ALIKE, COUPLES, CROWDED, FEW

if TYPE_CHECKING:
    from curate.measures.measure import Measure
    from curate.steps.side import View
    from curate.steps.step import Ask

COSINE = 0.95
WHOLE = 16_384
"""Contents up to which all are held against all."""
_BLOCK = 512
"""Contents a cluster holds in the middle."""
_MOST_CLUSTERS = 4096
_LEARNED = 64
"""Contents per cluster from which the centres are learned."""
_TURNS = 6
_NEAREST = 2
_LARGEST = 4096
"""Members of a block that are held against one another; the rest of it against the first of them."""
_SAMPLE = 1024
_ROWS = 1024
_COUPLES = 65_536


@dataclass
class Meanings:
    """Contents whose vectors have at least this cosine; `note` tells what was measured on the way."""

    view: View
    threshold: float = COSINE
    word: str = "meaning"
    note: str | None = field(default=None, compare=False)

    def measures(self) -> tuple[Measure, ...]:
        return (self.view.measure,)

    def propose(self, keys: pl.Series, ask: Ask) -> pl.DataFrame:
        places, vectors = self._vectors(keys, ask)
        blocks = [np.arange(len(vectors))] if len(vectors) <= WHOLE else clusters(vectors)
        if self.note is None:
            self.note = self._told(len(keys) - len(places), vectors, blocks)
        parts = [np.zeros((2, 0), np.int64)]
        for block in blocks:
            parts += [block[couples] for couples in near(vectors[block], self.threshold)]
        left, right = np.unique(np.concatenate(parts, axis=1), axis=1)
        ends = {"left": keys.gather(places[left]), "right": keys.gather(places[right])}
        return pl.DataFrame(ends, COUPLES)

    def verify(self, couples: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        ordered = couples.select("left", "right").sort("left", "right")
        found = [self._look(part, ask) for part in ordered.iter_slices(_COUPLES)]
        return pl.concat([pl.DataFrame(schema=ALIKE), *found])

    def _look(self, couples: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        keys = pl.concat([couples["left"], couples["right"]]).unique(maintain_order=True)
        places, vectors = self._vectors(keys, ask)
        rows = keys.gather(places).to_frame("key").with_row_index("row")
        ends = couples.join(rows, left_on="left", right_on="key").rename({"row": "one"})
        ends = ends.join(rows, left_on="right", right_on="key").rename({"row": "other"})
        cosines = (vectors[ends["one"]] * vectors[ends["other"]]).sum(1, dtype=np.float64)
        said = ends.with_columns(likeness=cosines.clip(max=1).round(6), detail=pl.lit("meaning"))
        return said.filter(pl.col("likeness") >= self.threshold).select(list(ALIKE))

    def _vectors(self, keys: pl.Series, ask: Ask) -> tuple[np.ndarray, np.ndarray]:
        """Places of the keys that have a usable vector, and these, float32 of length 1."""
        column = pl.col(self.view.features).cast(pl.List(pl.Float32))
        values = ask.measure(self.view.measure, keys).select("key", vector=column)
        known = keys.to_frame("key").with_row_index("place").join(values, on="key").sort("place")
        known = known.drop_nulls("vector")
        width = int(known["vector"].list.len().max() or 1)  # type: ignore[arg-type]
        rows = known["vector"].explode(empty_as_null=False).to_numpy().reshape(known.height, width)
        lengths = np.sqrt(np.square(rows, dtype=np.float64).sum(1))
        usable = np.isfinite(lengths) & (lengths > 0)
        unit = (rows[usable] / lengths[usable, None]).astype(np.float32)
        return known["place"].to_numpy()[usable].astype(np.int64), unit

    def _told(self, lacking: int, vectors: np.ndarray, blocks: list[np.ndarray]) -> str | None:
        told = [f"{lacking} have no usable vector"] if lacking else []
        if len(vectors) > WHOLE:
            together, there = sampled(vectors, blocks, self.threshold)
            told.append(f"of {there} couples of a sample, blocks hold {together} together")
        return ", ".join(told) or None


def clusters(vectors: np.ndarray) -> list[np.ndarray]:
    """Places of the members of each block, rising; every vector is in `_NEAREST` of them."""
    count = min(_MOST_CLUSTERS, -(-len(vectors) // _BLOCK))
    chance = np.random.default_rng(0)
    learned = vectors[chance.permutation(len(vectors))[: count * _LEARNED]]
    centres = learned[:count].copy()
    for _ in range(_TURNS):
        centres = _moved(centres, learned, _nearest(learned, centres, 1)[:, 0])
    nearest = _nearest(vectors, centres, min(_NEAREST, count))
    order = np.argsort(nearest.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(nearest.ravel(), minlength=count))
    members = np.split(order // nearest.shape[1], ends[:-1])
    return [block for block in members if len(block) > 1]


def near(vectors: np.ndarray, threshold: float) -> Iterator[np.ndarray]:
    """Couples of rows (2, n) of at least this cosine, the earlier first. Of the many that a row is
    near to, the `FEW` first alone.
    """
    for start in range(0, len(vectors), _ROWS):
        end = min(start + _ROWS, len(vectors))
        own = start // _LARGEST * _LARGEST
        for first, last in {(0, min(end, _LARGEST)), (own, end)}:
            close = vectors[start:end] @ vectors[first:last].T >= threshold
            close &= np.arange(first, last) < np.arange(start, end)[:, None]
            crowded = close.sum(1) >= CROWDED
            close[crowded] &= close[crowded].cumsum(1) <= FEW
            later, earlier = np.nonzero(close)
            yield np.stack([earlier + first, later + start])


def sampled(vectors: np.ndarray, blocks: list[np.ndarray], threshold: float) -> tuple[int, int]:
    """Of the couples that a sample of vectors has by exact search, how many share a block, and how
    many there are.
    """
    chosen = np.random.default_rng(1).permutation(len(vectors))[:_SAMPLE]
    parts = [np.zeros((2, 0), np.int64)]
    for start in range(0, len(vectors), _LARGEST):
        close = vectors[chosen] @ vectors[start : start + _LARGEST].T >= threshold
        places, others = np.nonzero(close)
        parts.append(np.stack([places, others + start]))
    row, right = np.concatenate(parts, axis=1)
    left = chosen[row]
    left, right = left[left != right], right[left != right]
    shared = np.zeros(len(left), bool)
    inside = np.zeros(len(vectors), bool)
    for block in blocks:
        inside[block] = True
        shared |= inside[left] & inside[right]
        inside[block] = False
    return int(shared.sum()), len(left)


def _nearest(vectors: np.ndarray, centres: np.ndarray, count: int) -> np.ndarray:
    """Places of the centres nearest to each vector, (n, count)."""
    parts = [np.zeros((0, count), np.int64)]
    for start in range(0, len(vectors), _ROWS):
        cosines = vectors[start : start + _ROWS] @ centres.T
        parts.append(np.argpartition(-cosines, count - 1, axis=1)[:, :count])
    return np.concatenate(parts)


def _moved(centres: np.ndarray, vectors: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Each centre where its vectors point in the middle; where it has none it stays."""
    order = np.argsort(owner, kind="stable")
    held, starts = np.unique(owner[order], return_index=True)
    sums = np.add.reduceat(vectors[order], starts, axis=0, dtype=np.float64)
    lengths = np.sqrt(np.square(sums).sum(1, keepdims=True))
    moved = centres.copy()
    moved[held] = sums / np.maximum(lengths, 1e-12)
    return moved
