"""What mismatched partners score tells how many pairs are mismatched, and which to keep."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.fits.mismatch import FEWEST, MISMATCH, RESULT, factory

AUC = {0.9: 1.812, 0.95: 2.326, 0.99: 3.290}
"""How far apart two unit normals lie that are told apart so well."""


def pairs(count: int, bad: float, seed: int, apart: float = 2.326, partners: int = 4) -> Any:
    """Pairs of which the first are mismatched, and which those are."""
    chance = np.random.default_rng(seed)
    wrong = np.arange(count) < round(count * bad)
    table = pl.DataFrame(
        {
            "pair_id": [f"{number:06d}" for number in range(count)],
            "score": chance.normal(size=count) + apart * ~wrong,
            "group": [("a", "b", None)[number % 3] for number in range(count)],
            "mismatched": chance.normal(size=(count, partners)).tolist(),
        }
    )
    return table, wrong


def estimates(table: pl.DataFrame) -> pl.DataFrame:
    return factory(MISMATCH)(table)


def realised(count: int, bad: float, apart: float, bound: float) -> tuple[float, float, float]:
    """Means over seeds: mismatched among kept, matched that were kept, estimate of all."""
    found = []
    for seed in range(20):
        table, wrong = pairs(count, bad, seed, apart)
        said = estimates(table)
        kept = (said["mismatch_share"] <= bound).to_numpy()
        found.append((wrong[kept].mean(), kept[~wrong].mean(), said["pi0"][0]))
    return tuple(np.mean(found, axis=0))


@pytest.mark.parametrize("bound", [0.01, 0.02])
@pytest.mark.parametrize("bad", [0.05, 0.2])
@pytest.mark.parametrize("auc", AUC)
def test_what_is_kept_holds_no_more_mismatched_than_the_bound(
    auc: float, bad: float, bound: float
) -> None:
    """On average over seeds it holds a little less: the estimate errs on that side."""
    mismatched, _, pi0 = realised(1500, bad, AUC[auc], bound)
    assert 0.55 * bound < mismatched < 1.05 * bound
    assert bad < pi0 < bad + 0.04


def test_little_that_matches_is_lost() -> None:
    assert realised(1500, 0.05, AUC[0.95], 0.02)[1] > 0.95
    assert realised(1500, 0.0, AUC[0.95], 0.02)[1] > 0.99


def test_a_score_that_tells_little_drops_too_much() -> None:
    """At an AUC of 0.85 twice as many seem mismatched as are, and half of the rest goes too."""
    mismatched, matched, pi0 = realised(1500, 0.05, 1.466, 0.02)
    assert 0.08 < pi0 < 0.12
    assert mismatched < 0.015
    assert matched < 0.7


def test_near_misses_are_kept_beyond_the_bound() -> None:
    """What is mismatched in the data but scores above chance is not counted."""
    table, wrong = pairs(4000, 0.1, 0)
    near = pl.when(pl.Series(wrong)).then(pl.col("score") + 1.0).otherwise("score")
    said = estimates(table.with_columns(score=near))
    kept = (said["mismatch_share"] <= 0.02).to_numpy()
    assert (said["pi0"] < 0.08).all()
    assert wrong[kept].mean() > 0.03


def test_benjamini_and_hochberg_would_keep_half() -> None:
    """Theirs is this rule with every pair taken to be mismatched until it proves to match."""
    table, wrong = pairs(4000, 0.05, 0)
    said = estimates(table)
    theirs = (said["mismatch_share"] / said["pi0"] <= 0.02).to_numpy()
    ours = (said["mismatch_share"] <= 0.02).to_numpy()
    assert theirs.mean() < 0.5
    assert ours[~wrong].mean() > 0.95


def test_the_interval_holds_what_is_mismatched() -> None:
    found = [estimates(pairs(1000, 0.1, seed)[0]).row(0, named=True) for seed in range(40)]
    held = [row["pi0_low"] <= 0.1 <= row["pi0_high"] for row in found]
    assert sum(held) >= 35
    assert all(row["pi0_low"] <= row["pi0"] <= row["pi0_high"] for row in found)


def test_pairs_that_are_not_independent_widen_the_interval() -> None:
    table, _ = pairs(2000, 0.1, 0)
    tens = table.with_columns(cluster=pl.format("c{}", pl.int_range(2000) // 20))
    alone, together = (estimates(t).row(0, named=True) for t in (table, tens))
    assert alone["pi0"] == together["pi0"]
    width = [row["pi0_high"] - row["pi0_low"] for row in (alone, together)]
    assert width[1] > 2 * width[0]


def test_of_all_pairs_so_many_are_mismatched_as_are_in_all() -> None:
    """Also where even the worst pair scores better than most mismatched ones."""
    for table in (pairs(300, 0.1, 0)[0], pairs(300, 0.0, 0, apart=6.0)[0]):
        said = estimates(table)
        assert said["mismatch_share"].max() == said["pi0"][0]


def test_order_of_rows_changes_nothing() -> None:
    table, _ = pairs(500, 0.1, 0)
    assert estimates(table.sample(fraction=1.0, shuffle=True, seed=1)).equals(estimates(table))


def test_groups_have_a_scale_of_their_own() -> None:
    """A group whose scores all lie higher is judged by mismatched pairs that lie higher too."""
    table, _ = pairs(1500, 0.1, 0)
    up = pl.when(pl.col("group") == "a").then(5.0).otherwise(0.0)
    moved = table.with_columns(
        score=pl.col("score") + up, mismatched=pl.col("mismatched").list.eval(pl.element()) + up
    )
    assert estimates(moved).equals(estimates(table))


def test_a_small_group_is_compared_with_all() -> None:
    table, _ = pairs(600, 0.1, 0)
    few = FEWEST // 4 - 1
    small = table.with_columns(group=pl.when(pl.int_range(600) < few).then(pl.lit("small")))
    nobody = table.with_columns(group=pl.lit(None, pl.String))
    mine = pl.col("pair_id") == small["pair_id"][0]
    p = [estimates(t).filter(mine)["p_value"].item() for t in (small, nobody)]
    assert p[0] == p[1]


@given(st.lists(st.tuples(st.integers(-3, 6), st.sampled_from(["a", "b", None])), min_size=1))
def test_a_higher_score_is_never_more_suspect(drawn: list[tuple[int, str | None]]) -> None:
    """Within a group; and ties stay together."""
    table = pl.DataFrame(
        {
            "pair_id": [f"{number:03d}" for number in range(len(drawn))],
            "score": [float(score) for score, _ in drawn],
            "group": [group for _, group in drawn],
            "mismatched": [[number % 5 - 2.0] * 40 for number in range(len(drawn))],
        },
        schema_overrides={"group": pl.String},
    )
    said = table.join(estimates(table), on="pair_id", validate="1:1")
    for _, part in said.group_by("group"):
        ranked = part.sort("score", descending=True)
        share = ranked["mismatch_share"].drop_nulls()
        assert share.is_sorted()
        assert (ranked.group_by("score").agg(n=pl.col("mismatch_share").n_unique())["n"] == 1).all()


@pytest.mark.parametrize("count", [0, 1, FEWEST // 4 - 1])
def test_too_few_partners_say_so(count: int) -> None:
    said = estimates(pairs(count, 0.0, 0)[0])
    assert said.schema == RESULT
    assert said["mismatch_share"].is_null().all()
    assert (said["note"] == "too few mismatched partners to compare with").all()


def test_what_is_absent_is_told() -> None:
    table, _ = pairs(200, 0.0, 0)
    gaps = table.with_columns(
        score=pl.when(pl.int_range(200) == 7).then(None).otherwise("score"),
        mismatched=pl.when(pl.int_range(200) == 9).then(None).otherwise("mismatched"),
    )
    said = estimates(gaps)
    assert said["note"].to_list()[7] == "no score"
    assert said["p_value"].null_count() == 1
    assert said.height == 200


def test_partners_may_come_as_arrays_with_gaps() -> None:
    table, _ = pairs(300, 0.1, 0)
    gap = pl.col("mismatched").list.head(3).list.concat(pl.lit(None, pl.Float64).repeat_by(1))
    array = table.with_columns(mismatched=gap.list.to_array(4))
    fewer = table.with_columns(mismatched=pl.col("mismatched").list.head(3))
    assert estimates(array).equals(estimates(fewer))
