"""Retrieval, out of fold: where a pair's own other side stands among all there are.

The heads are those of `curate.fits.head`: the head that scores a pair has seen neither it nor its
group. It has seen most of the contents that the pair's own are ranked among, each beside its own
mate, so that ranks err on the side of modesty.

Every left side of a fold is held against every right one of the table, and the other way round,
in blocks: time grows with the square of the rows, memory with the rows.

In:   as the head, and left_key, right_key (names of the contents)
Out:  pair_id; right_rank, of the own right content among all distinct right ones; left_rank, of
      the best left content that carries the own right one, among all other distinct left ones and
      itself; 1 is best, equal scores share their mean rank, null when it cannot be told; and
      rights, lefts, how many distinct ones there are
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from curate.fits.fit import Fit
from curate.fits.folds import Rows, each_fold
from curate.fits.head import DECIMALS, Head, whole
from curate.fits.ridge import BLOCK, Matrix
from curate.fits.sides import Lefts, Sides, matrix

RESULT = {
    "pair_id": pl.String,
    "right_rank": pl.Float64,
    "left_rank": pl.Float64,
    "rights": pl.Int64,
    "lefts": pl.Int64,
}


def ranks(*, folds: int = 10, learn: bool = True) -> Fit:
    """The declaration; the parameters are the head's."""
    return Fit(
        name="ranks",
        version=1,
        compute="curate.fits.ranks:factory",
        params={"folds": folds, "learn": learn},
        libraries=("numpy", "scipy"),
    )


def factory(fit: Fit) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda table: cross_ranked(table, fit.params)


def cross_ranked(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """Every pair's ranks by a head that has not seen it."""
    known = whole(table)
    sides, contents = Sides.of(known), Contents.of(known)
    found = np.full((known.height, 2), np.nan)

    def tell(learned: Rows, rows: Rows) -> None:
        head = Head.learn(sides.only(learned), learn=params["learn"])
        if head.views:
            found[rows, 0] = contents.right_ranks(head, rows)
            found[rows, 1] = contents.left_ranks(head, rows)

    each_fold(known, params["folds"], tell)
    told = pl.DataFrame(
        {"pair_id": known["pair_id"], "right_rank": found[:, 0], "left_rank": found[:, 1]}
    )
    counts = {"rights": len(contents.rights), "lefts": len(contents.lefts.vectors)}
    joined = table.select("pair_id").join(told, on="pair_id", how="left").fill_nan(None)
    counted = joined.with_columns(**{name: pl.lit(n) for name, n in counts.items()})
    return counted.select(pl.col(name).cast(kind) for name, kind in RESULT.items()).sort("pair_id")


@dataclass(frozen=True)
class Contents:
    """The distinct contents of each side, and which of them every pair is made of."""

    lefts: Lefts
    rights: Matrix
    left: Rows
    right: Rows

    @classmethod
    def of(cls, table: pl.DataFrame) -> Contents:
        lefts, left = _distinct(table, "left_key")
        rights, right = _distinct(table, "right_key")
        return cls(Lefts.of(lefts), matrix(rights["right"]), left, right)

    def right_ranks(self, head: Head, rows: Rows) -> Matrix:
        """Where each pair's right content stands, as seen from its left one."""
        queries = head.lefts(self.lefts.only(self.left[rows]))
        own = Own(np.arange(len(rows)), self.right[rows])
        return own.ranks(queries, lambda some: head.rights(self.rights[some]), len(self.rights))

    def left_ranks(self, head: Head, rows: Rows) -> Matrix:
        """Where the best left content of each pair's right one stands, as seen from that."""
        rights, which = np.unique(self.right[rows], return_inverse=True)
        carried = np.flatnonzero(np.isin(self.right, rights))
        own = Own(np.searchsorted(rights, self.right[carried]), self.left[carried])
        queries, lefts = head.rights(self.rights[rights]), len(self.lefts.vectors)
        found = own.ranks(queries, lambda some: head.lefts(self.lefts.only(some)), lefts)
        return found[which]


def _distinct(table: pl.DataFrame, key: str) -> tuple[pl.DataFrame, Rows]:
    """The first row of each content, in the order of their keys, and each row's content."""
    first = table.unique(key, keep="first", maintain_order=True).sort(key)
    return first, table[key].rank("dense").to_numpy().astype(np.int64) - 1


@dataclass(frozen=True)
class Own:
    """Which candidates are right answers to which queries, by position; every query has one."""

    query: Rows
    candidate: Rows

    def ranks(self, queries: Matrix, vectors: Callable[[Rows], Matrix], count: int) -> Matrix:
        """The rank of each query's best right answer among it and all wrong ones of `count`."""
        best, above, equal = self._best(queries, vectors), *np.zeros((2, len(queries)))
        for start in range(0, count, BLOCK):
            some = np.arange(start, min(start + BLOCK, count))
            scores = (queries @ vectors(some).T).round(DECIMALS)
            here = (self.candidate >= start) & (self.candidate <= some[-1])
            scores[self.query[here], self.candidate[here] - start] = -np.inf
            above += (scores > best[:, None]).sum(axis=1)
            equal += (scores == best[:, None]).sum(axis=1)
        return np.asarray(1.0 + above + equal / 2)

    def _best(self, queries: Matrix, vectors: Callable[[Rows], Matrix]) -> Matrix:
        best = np.full(len(queries), -np.inf)
        for start in range(0, len(self.query), BLOCK):
            query, some = (part[start : start + BLOCK] for part in (self.query, self.candidate))
            scores = (queries[query] * vectors(some)).sum(axis=1).round(DECIMALS)
            np.maximum.at(best, query, scores)
        return best
