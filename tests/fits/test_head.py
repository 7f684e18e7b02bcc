"""The cross-fitted head learns what matches, and never from the pair that it scores."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from curate.fits.head import HEAD, RESULT, Head, factory, head
from curate.fits.mismatched import partners
from curate.fits.sides import Sides


def pairs(count: int, seed: int = 0, groups: int | None = None) -> pl.DataFrame:
    """Two views of hidden vectors, with a good deal of noise."""
    chance = np.random.default_rng(seed)
    hidden = chance.normal(size=(count, 6))
    left = hidden @ chance.normal(size=(6, 40)) + chance.normal(size=(count, 40))
    right = hidden @ chance.normal(size=(6, 16)) + 0.3 * chance.normal(size=(count, 16))
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    return pl.DataFrame(
        {
            "pair_id": [f"{number:05d}" for number in range(count)],
            "fold_group": [f"g{number % (groups or count)}" for number in range(count)],
            "learn": [True] * count,
            "left": left,
            "right": right,
        },
        schema_overrides={"left": pl.Array(pl.Float64, 40), "right": pl.Array(pl.Float64, 16)},
    )


def scores(table: pl.DataFrame) -> pl.DataFrame:
    return factory(HEAD)(table)


def shared(table: pl.DataFrame) -> pl.DataFrame:
    """The table with an encoder that places left sides among right ones, badly and off centre."""
    right = table["right"].to_numpy()
    placed = right + 0.5 * np.random.default_rng(2).normal(size=right.shape) + 1.0
    return table.with_columns(pl.Series("left_in_right", placed, table.schema["right"]))


def mismatched(table: pl.DataFrame, share: float) -> tuple[pl.DataFrame, np.ndarray]:
    """The table with the right sides of its first pairs shifted by one."""
    wrong = int(len(table) * share)
    right = table["right"].to_numpy().copy()
    right[:wrong] = np.roll(right[:wrong], 1, axis=0)
    changed = table.with_columns(pl.Series("right", right, table.schema["right"]))
    return changed, np.arange(len(table)) < wrong


def auc(score: np.ndarray, bad: np.ndarray) -> float:
    return float((score[~bad][:, None] > score[bad][None]).mean())


def test_mismatched_pairs_score_lower() -> None:
    table, bad = mismatched(pairs(600), 0.1)
    assert auc(scores(table)["score"].to_numpy(), bad) > 0.9


def test_noise_that_was_learned_is_not_rewarded() -> None:
    """Sides that have nothing in common score no better matched than mismatched."""
    chance = np.random.default_rng(1)
    table = pairs(400).with_columns(
        pl.Series("right", chance.normal(size=(400, 16)), pl.Array(pl.Float64, 16))
    )
    own = scores(table)["score"].to_numpy()
    other = scores(mismatched(table, 1.0)[0])["score"].to_numpy()
    assert abs(float((own[:, None] > other[None]).mean()) - 0.5) < 0.08


def test_a_pair_is_scored_by_heads_that_saw_neither_it_nor_its_group() -> None:
    """Changing what a group says changes no coefficient that its own pairs are scored with."""
    table = pairs(300, groups=100)
    group = table["fold_group"][0]
    mine = (table["fold_group"] == group).to_numpy()
    right = table["right"].to_numpy().copy()
    other = np.flatnonzero(mine)[-1]
    right[other] = -right[other]
    changed = table.with_columns(pl.Series("right", right, table.schema["right"]))
    before, after = scores(table)["score"].to_numpy(), scores(changed)["score"].to_numpy()
    same = mine.copy()
    same[other] = False
    assert np.array_equal(before[same], after[same])
    assert not np.array_equal(before[~mine], after[~mine])


def test_what_is_held_out_is_never_learned_from() -> None:
    table = pairs(300).with_columns(learn=pl.int_range(300) >= 60)
    right = table["right"].to_numpy().copy()
    right[:59] = -right[:59]
    changed = table.with_columns(pl.Series("right", right, table.schema["right"]))
    before, after = scores(table)["score"], scores(changed)["score"]
    assert before[59:].equals(after[59:])


def test_a_shared_space_is_centred_without_the_pair_that_it_scores() -> None:
    table = shared(pairs(300, groups=100))
    mine = (table["fold_group"] == table["fold_group"][0]).to_numpy()
    other = np.flatnonzero(mine)[-1]
    placed = table["left_in_right"].to_numpy().copy()
    placed[other] = -placed[other]
    changed = table.with_columns(pl.Series("left_in_right", placed, table.schema["left_in_right"]))
    same = mine & (np.arange(300) != other)
    for column in ("score", "head", "zero_shot"):
        before, after = scores(table)[column].to_numpy(), scores(changed)[column].to_numpy()
        assert np.array_equal(before[same], after[same])
        assert not np.array_equal(before[~mine], after[~mine])


def test_the_same_table_gives_the_same_scores_in_any_order() -> None:
    table = shared(pairs(200))
    assert scores(table).equals(scores(table.sample(fraction=1.0, shuffle=True, seed=1)))


def test_scores_do_not_depend_on_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pairs(200)
    many = scores(table)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert scores(table).equals(many)


def test_the_score_weighs_what_is_learned_and_the_shared_space() -> None:
    table, bad = mismatched(shared(pairs(600)), 0.1)
    found = scores(table)
    assert auc(found["score"].to_numpy(), bad) > 0.97
    assert found["score"].to_numpy() == pytest.approx(
        (2 * found["head"].to_numpy() + 0.5 * found["zero_shot"].to_numpy()) / 2.5, abs=1e-5
    )


def test_without_learning_only_the_shared_space_speaks() -> None:
    table, bad = mismatched(shared(pairs(300)), 0.1)
    found = factory(head(learn=False))(table)
    assert found["head"].is_null().all()
    assert found["score"].equals(found["zero_shot"].alias("score"))
    assert found["note"].is_null().all()
    assert auc(found["score"].to_numpy(), bad) > 0.8


def test_without_learning_or_a_shared_space_nothing_is_told() -> None:
    found = factory(head(learn=False))(pairs(100))
    assert found["score"].is_null().all()
    assert (found["note"] == "no encoder places both sides in one space").all()
    assert (found["mismatched"].list.len() == 0).all()


def test_few_landmarks_do_nearly_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.fits.sides.LANDMARKS", 150)
    table, bad = mismatched(pairs(600), 0.1)
    assert auc(scores(table)["score"].to_numpy(), bad) > 0.88


def test_a_mismatched_pair_scores_about_zero() -> None:
    null = scores(pairs(600))["mismatched"].explode().to_numpy()
    assert abs(null.mean()) < 0.3
    assert 0.6 < null.std() < 1.5


def test_mismatched_scores_are_those_of_the_partners() -> None:
    """A pair that says what its partner says scores what it scored against the partner."""
    table = pairs(300)
    row, partner = 7, int(partners(table, HEAD.params["folds"])[7, 0])
    right = table["right"].to_numpy().copy()
    right[row] = right[partner]
    changed = table.with_columns(pl.Series("right", right, table.schema["right"]))
    assert scores(changed)["score"][row] == scores(table)["mismatched"][row][0]


def test_a_fitted_head_scores_pairs_that_it_never_met() -> None:
    sides = Sides.of(pairs(600))
    fitted = Head.learn(sides.only(np.arange(400)))
    new = sides.only(np.arange(400, 600))
    every = fitted.matrix(new.left, new.right)
    own = fitted.scores(new)
    assert np.allclose(np.diag(every), own)
    assert np.mean(own[:, None] > every) > 0.9


@pytest.mark.parametrize("count", [0, 1, 10])
def test_too_few_pairs_say_so(count: int) -> None:
    found = scores(pairs(count))
    assert found.schema == RESULT
    assert found.height == count
    assert found["score"].is_null().all()
    assert (found["note"] == "too few pairs to learn from").all()


def test_few_pairs_with_a_shared_space_are_scored_in_it() -> None:
    table = pairs(10).with_columns(left_in_right=pl.col("right"))
    found = scores(table)
    assert found["score"].round(3).eq(1.0).all()
    assert found["head"].is_null().all()


def test_a_missing_side_is_told() -> None:
    table = pairs(5).with_columns(
        right=pl.when(pl.col("pair_id") == "00002").then(None).otherwise("right")
    )
    found = scores(table)
    assert found.filter(pl.col("pair_id") == "00002")["note"].item() == "a side has no vector"
