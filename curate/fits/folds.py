"""Cross-fitting: every pair is told something by what was learned from neither it nor its group.

Folds are drawn by a hash of `fold_group`, so they depend on nothing but its name. They run side by
side, each on one thread: the sums of a fold never depend on how many run.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from curate.pairs.identity import content_hash

Rows: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

FEWEST = 50
"""Pairs below which what is learned would be noise."""


def fold_numbers(groups: pl.Series, folds: int) -> Rows:
    """The fold of each row: a function of its group's name alone."""
    numbers = {name: int(content_hash(str(name))[:12], 16) % folds for name in groups.unique()}
    return np.array([numbers[name] for name in groups], dtype=np.int64)


def each_fold(table: pl.DataFrame, folds: int, visit: Callable[[Rows, Rows], None]) -> None:
    """`visit(known, rows)` for each fold that has rows: whom to learn from, and whom to tell.

    `known` is empty for all when any fold leaves too few, so that all are told by one rule.
    """
    from threadpoolctl import threadpool_limits

    fold, learn = fold_numbers(table["fold_group"], folds), table["learn"].to_numpy()
    known = {n: np.flatnonzero(learn & (fold != n)) for n in np.unique(fold).tolist()}
    enough = min((len(rows) for rows in known.values()), default=0) >= FEWEST

    def run(number: int) -> None:
        visit(known[number] if enough else known[number][:0], np.flatnonzero(fold == number))

    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(run, known))
