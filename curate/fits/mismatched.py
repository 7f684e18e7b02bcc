"""Pairs that are wrong on purpose: what the scores of true pairs are held against.

A left side is put with right sides of other fold groups, drawn by hash from those of the same
`null_group` (a language, a class), so that what is compared differs in nothing but the match.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from curate.fits.folds import Rows, fold_numbers
from curate.pairs.draw import uniform

DRAWS = 4
"""Right sides drawn for each pair, where there are as many."""


def partners(table: pl.DataFrame, folds: int) -> Rows:
    """Rows whose right side each row is put with: (rows, DRAWS), -1 where there is none.

    They share the fold, so that the same head scores them. A null group that has no other fold
    group in the fold borrows from the whole fold.
    """
    fold, group = fold_numbers(table["fold_group"], folds), _codes(table["fold_group"])
    chance = [uniform(table["pair_id"], draw, "mismatched").to_numpy() for draw in range(DRAWS)]
    numbers = np.stack(chance, axis=1)
    drawn = _drawn(fold, group, numbers)
    if "null_group" not in table.columns:
        return drawn
    null = _codes(table["null_group"])
    within = _drawn(fold * (null.max(initial=0) + 1) + null, group, numbers)
    return np.where(within[:, :1] < 0, drawn, within)


def _drawn(bucket: Rows, group: Rows, chance: Rows) -> Rows:
    """Distinct rows of the same bucket and of other groups: one from each quarter of them."""
    joint = bucket * (group.max(initial=0) + 1) + group
    order = np.argsort(joint, kind="stable")
    first, size = _runs(bucket[order], bucket)
    own, mates = _runs(joint[order], joint)
    foreign = (size - mates)[:, None]
    draws, numbers = np.minimum(foreign, DRAWS), np.arange(DRAWS + 1)
    edges = numbers * foreign // np.maximum(draws, 1)
    place = edges[:, :-1] + (chance * np.diff(edges)).astype(np.int64)
    place += np.where(place >= (own - first)[:, None], mates[:, None], 0)
    lacking = numbers[:-1] >= draws
    return np.where(lacking, -1, order[np.where(lacking, 0, first[:, None] + place)])


def _runs(ordered: Rows, wanted: Rows) -> tuple[Rows, Rows]:
    """Where each value's run begins in an ordered array, and how long it is."""
    begin = np.searchsorted(ordered, wanted, "left")
    return begin, np.searchsorted(ordered, wanted, "right") - begin


def _codes(names: pl.Series) -> Rows:
    return names.cast(pl.String).fill_null("").rank("dense").to_numpy().astype(np.int64)
