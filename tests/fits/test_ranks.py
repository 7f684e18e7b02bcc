"""Ranks count what stands before a pair's own other side, by heads that never saw it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import rankdata

from curate.fits.folds import fold_numbers
from curate.fits.head import Head
from curate.fits.ranks import RESULT, factory, ranks
from curate.fits.sides import Sides
from tests.fits.test_head import pairs


def keyed(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(left_key="l" + pl.col("pair_id"), right_key="r" + pl.col("pair_id"))


def ranked(table: pl.DataFrame) -> pl.DataFrame:
    return factory(ranks())(table)


def test_own_sides_rank_near_the_top() -> None:
    found = ranked(keyed(pairs(300)))
    assert np.median(found["right_rank"].to_numpy()) < 30
    assert np.median(found["left_rank"].to_numpy()) < 30
    assert (found["rights"] == 300).all()
    assert (found["lefts"] == 300).all()


def test_ranks_are_those_of_the_whole_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.fits.ranks.BLOCK", 17)
    table = keyed(pairs(120))
    found, sides = ranked(table), Sides.of(table)
    fold = fold_numbers(table["fold_group"], 10)
    for number in np.unique(fold):
        scores = Head.learn(sides.only(np.flatnonzero(fold != number))).matrix(
            sides.left, sides.right
        )
        for row in np.flatnonzero(fold == number):
            assert found["right_rank"][int(row)] == rankdata(-scores[row].round(6))[row]
            assert found["left_rank"][int(row)] == rankdata(-scores[:, row].round(6))[row]


def test_equal_contents_share_the_mean_rank() -> None:
    """Two names of one right side stand together, and neither stands before the other."""
    table = keyed(pairs(200))
    right = table["right"].to_numpy().copy()
    right[1] = right[0]
    twins = pl.when(pl.col("pair_id") <= "00001").then(pl.lit("twins")).otherwise("fold_group")
    changed = table.with_columns(pl.Series("right", right, table.schema["right"]), fold_group=twins)
    found = ranked(changed)["right_rank"].to_numpy()[:2]
    assert (found % 1 == 0.5).all()


def test_the_best_of_several_left_sides_counts() -> None:
    """A caption of two images is found when either is, and the other stands in nobody's way."""
    table = keyed(pairs(200, groups=100)).with_columns(
        right_key="r" + pl.col("fold_group"), right=pl.col("right").first().over("fold_group")
    )
    found = ranked(table)
    assert (found["rights"] == 100).all()
    by_group = table.join(found, on="pair_id").group_by("fold_group")
    assert by_group.agg(pl.col("left_rank").n_unique())["left_rank"].max() == 1
    assert found["left_rank"].to_numpy().max() <= 199


def test_order_of_rows_is_nothing() -> None:
    table = keyed(pairs(120))
    assert ranked(table).equals(ranked(table.reverse()))


@pytest.mark.parametrize("count", [0, 1, 10])
def test_too_few_pairs_have_no_ranks(count: int) -> None:
    found = ranked(keyed(pairs(count)))
    assert found.schema == RESULT
    assert found.height == count
    assert found["right_rank"].is_null().all()


def test_a_pair_that_lacks_a_side_has_no_rank() -> None:
    table = keyed(pairs(100)).with_columns(
        right=pl.when(pl.col("pair_id") == "00002").then(None).otherwise("right")
    )
    found = ranked(table)
    assert found.filter(pl.col("right_rank").is_null())["pair_id"].to_list() == ["00002"]
    assert (found["rights"] == 99).all()
