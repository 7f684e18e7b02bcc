"""Several scores of a pair become one, and the same is made of its mismatched partners."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.fits.fusion import FEWEST, RESULT, How, factory, fusion

PARTS = ["score_1", "score_2"]
WAYS: list[How] = ["weighted", "rank", "learned"]


def pairs(count: int, bad: float = 0.1, seed: int = 0, partners: int = 4) -> Any:
    """A better score on a scale of hundreds, another of ones; and which pairs are mismatched."""
    chance = np.random.default_rng(seed)
    wrong = np.arange(count) < round(bad * count)
    table = pl.DataFrame(
        {
            "pair_id": [f"{number:05d}" for number in range(count)],
            "fold_group": [f"g{number // 2}" for number in range(count)],
            "learn": [True] * count,
            "score_1": 100 * (chance.normal(size=count) + 2.2 * ~wrong),
            "score_2": chance.normal(size=count) + 1.6 * ~wrong,
            "mismatched_1": (100 * chance.normal(size=(count, partners))).tolist(),
            "mismatched_2": chance.normal(size=(count, partners)).tolist(),
        }
    )
    return table, wrong


def fused(
    table: pl.DataFrame, how: How = "weighted", first: float = 1.0, second: float = 1.0
) -> pl.DataFrame:
    return factory(fusion(how, [first, second]))(table)


def auc(score: pl.Series, bad: np.ndarray) -> float:
    values = score.to_numpy()
    return float((values[~bad][:, None] > values[bad][None]).mean())


@pytest.mark.parametrize("how", WAYS)
def test_two_scores_say_more_than_either(how: How) -> None:
    table, wrong = pairs(2000)
    single = max(auc(table[part], wrong) for part in PARTS)
    assert auc(fused(table, how, first=0.7, second=0.3)["score"], wrong) > single


def test_what_is_learned_does_as_well_as_weights_that_are_known_to_be_right() -> None:
    table, wrong = pairs(4000)
    right = table["score_1"] / 100 * 2.2 + table["score_2"] * 1.6
    assert auc(fused(table, "learned")["score"], wrong) > auc(right, wrong) - 0.003


def test_a_score_of_nothing_but_noise_weighs_next_to_nothing() -> None:
    table, wrong = pairs(2000)
    chance = np.random.default_rng(7)
    noise = table.with_columns(score_2=pl.Series(chance.normal(size=2000)))
    learned = auc(fused(noise, "learned")["score"], wrong)
    assert learned > auc(table["score_1"], wrong) - 0.003
    assert learned > auc(fused(noise)["score"], wrong) + 0.02


@pytest.mark.parametrize("how", WAYS)
def test_mismatched_partners_score_as_mismatched_pairs_do(how: How) -> None:
    table, wrong = pairs(4000, bad=0.25)
    said = fused(table, how)
    null = said["mismatched"].explode().to_numpy()
    bad = said["score"].to_numpy()[wrong]
    assert len(null) == 16000
    assert abs(float((np.sort(null)[:, None] < bad[None]).mean()) - 0.5) < 0.03


def test_weights_are_of_standardised_scores() -> None:
    table = pairs(101, bad=0.0)[0]
    score = fused(table, first=3.0, second=1.0)["score"].to_numpy()
    expected = np.zeros(101)
    for part, weight in (("score_1", 0.75), ("score_2", 0.25)):
        values = table[part].to_numpy()
        away = values - np.median(values)
        expected += weight * away / (1.4826 * np.median(np.abs(away)))
    assert np.allclose(score, expected, atol=1e-6)


def test_ranks_lie_between_0_and_1() -> None:
    table = pairs(50)[0].with_columns(score_2=pl.lit(1.0))
    score = fused(table, "rank")["score"]
    assert score.min() == (0.01 + 0.5) / 2
    assert score.max() == (0.99 + 0.5) / 2


@pytest.mark.parametrize("how", WAYS)
def test_what_is_absent_is_left_out(how: How) -> None:
    table = pairs(1000)[0]
    row = pl.int_range(1000)
    gaps = table.with_columns(
        score_1=pl.when(row >= 2).then("score_1"),
        score_2=pl.when((row != 0) & (row != 2)).then("score_2"),
    )
    said = fused(gaps, how)
    assert said["note"].to_list()[:2] == ["no score to fuse", None]
    assert said["score"].is_null().to_list()[:4] == [True, False, False, False]
    assert said["mismatched"].list.len().to_list()[:4] == [None, 4, 4, 4]


@pytest.mark.parametrize("how", WAYS)
def test_partners_that_do_not_come_in_equal_numbers_are_not_fused(how: How) -> None:
    table = pairs(1000)[0]
    fewer = pl.when(pl.int_range(1000) == 0).then(pl.col("mismatched_1").list.head(3))
    said = fused(table.with_columns(mismatched_1=fewer.otherwise("mismatched_1")), how)
    assert said["mismatched"].is_null().to_list()[:2] == [True, False]
    assert said["score"].is_not_null().all()


@pytest.mark.parametrize("how", ["weighted", "rank"])
def test_no_partners_are_needed_for_a_mean(how: How) -> None:
    table = pairs(20)[0].drop("mismatched_1", "mismatched_2")
    said = fused(table, how)
    assert said.schema == RESULT
    assert said["score"].is_not_null().all()
    assert said["mismatched"].is_null().all()


@pytest.mark.parametrize("count", [0, 1, FEWEST])
def test_too_few_to_learn_from_say_so(count: int) -> None:
    said = fused(pairs(count)[0], "learned")
    assert said.schema == RESULT
    assert said["score"].is_null().all()
    assert (said["note"] == "too few to learn from").all()


def test_without_partners_nothing_is_learned() -> None:
    said = fused(pairs(500)[0].drop("mismatched_2"), "learned")
    assert (said["note"] == "too few to learn from").all()


def test_no_pair_is_scored_by_what_it_taught() -> None:
    table = pairs(600)[0]
    first = table["fold_group"] == table["fold_group"][0]
    other = pl.when(first & (pl.int_range(600) == 0)).then(1e4).otherwise("score_2")
    before, after = (
        fused(t, "learned")["score"] for t in (table, table.with_columns(score_2=other))
    )
    assert before[1] == after[1]
    assert not before[2:].equals(after[2:])


def test_what_is_held_out_teaches_nothing() -> None:
    table = pairs(600)[0].with_columns(learn=pl.int_range(600) >= 100)
    other = pl.when(pl.int_range(600) < 50).then(1e4).otherwise("score_2")
    before, after = (
        fused(t, "learned")["score"] for t in (table, table.with_columns(score_2=other))
    )
    assert before[50:].equals(after[50:])


@pytest.mark.parametrize("how", WAYS)
def test_order_of_rows_changes_nothing(how: How) -> None:
    table = pairs(400)[0]
    assert fused(table.sample(fraction=1.0, shuffle=True, seed=3), how).equals(fused(table, how))


NUMBER = st.none() | st.integers(-3, 3).map(float)


@given(st.lists(st.tuples(NUMBER, NUMBER), min_size=1, max_size=60), st.sampled_from(WAYS[:2]))
def test_better_in_all_is_better(drawn: list[Any], how: How) -> None:
    """Of two pairs with the same scores, one as good in each and better in some is no worse."""
    table = pl.DataFrame(
        {
            "pair_id": [f"{number:03d}" for number in range(len(drawn))],
            "fold_group": "",
            "learn": True,
            "score_1": [first for first, _ in drawn],
            "score_2": [second for _, second in drawn],
        },
        schema_overrides=dict.fromkeys(PARTS, pl.Float64),
    )
    never_better_though_worse(table, fused(table, how))


def test_learned_weights_are_never_below_zero() -> None:
    """Even where a part speaks against the pairs that match."""
    table = pairs(300)[0].with_columns(score_2=-pl.col("score_2"))
    mine = pl.int_range(300) < 40
    whose = pl.when(mine).then(pl.lit("mine")).otherwise("fold_group")
    said = fused(table.with_columns(fold_group=whose, learn=~mine), "learned")
    assert said["score"].is_not_null().all()
    never_better_though_worse(table[:40], said[:40])


def never_better_though_worse(table: pl.DataFrame, said: pl.DataFrame) -> None:
    parts = table.select(PARTS).to_numpy()
    score = said["score"].to_numpy()
    for mine, value in zip(parts, score, strict=True):
        assert not (score[(parts >= mine).all(axis=1)] < value).any()
