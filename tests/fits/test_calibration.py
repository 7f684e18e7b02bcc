"""Confidence becomes the probability of being correct, whatever it was before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.evaluation.reliability import calibration_error, reliability
from curate.fits.calibration import CALIBRATION, factory
from curate.fits.folds import FEWEST


def frame(confidence: Any, correct: Any) -> pl.DataFrame:
    names = [f"{number:05d}" for number in range(len(confidence))]
    columns = {"pair_id": names, "fold_group": names, "confidence": confidence, "correct": correct}
    return pl.DataFrame(
        columns, schema_overrides={"confidence": pl.Float64, "correct": pl.Boolean}, strict=False
    )


def told(table: pl.DataFrame) -> pl.DataFrame:
    return factory(CALIBRATION)(table)


claims = st.lists(
    st.tuples(st.none() | st.floats(0, 1, allow_subnormal=False), st.none() | st.booleans()),
    min_size=1,
    max_size=200,
)


@settings(max_examples=60, deadline=None)
@given(claims)
def test_every_claim_gets_a_probability_and_no_other(rows: list[tuple[float | None, Any]]) -> None:
    table = frame([row[0] for row in rows], [row[1] for row in rows])
    found = told(table)
    assert found["pair_id"].to_list() == table["pair_id"].to_list()
    assert found["probability"].is_null().to_list() == table["confidence"].is_null().to_list()
    assert found["probability"].drop_nulls().is_between(0, 1).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 1))
def test_who_is_surer_stays_surer(seed: int, share: float) -> None:
    chance = np.random.default_rng(seed)
    score = chance.random(300)
    right = [bool(hit) if known else None for hit, known in chance.random((300, 2)) < (share, 0.5)]
    table = frame(score, right)
    unknown = told(table).join(table.drop("fold_group"), on="pair_id")
    rising = unknown.filter(pl.col("correct").is_null()).sort("confidence")["probability"]
    assert (rising.diff().drop_nulls() >= 0).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 299))
def test_no_pair_is_told_by_its_own_truth(seed: int, one: int) -> None:
    chance = np.random.default_rng(seed)
    score, right = chance.random(300), (chance.random(300) < 0.5).tolist()
    before = told(frame(score, right))["probability"][one]
    right[one] = not right[one]
    assert told(frame(score, right))["probability"][one] == before


@settings(max_examples=25, deadline=None)
@given(st.randoms())
def test_the_order_of_rows_does_not_matter(random: Any) -> None:
    chance = np.random.default_rng(0)
    table = frame(chance.random(120), (chance.random(120) < 0.3).tolist())
    order = list(range(120))
    random.shuffle(order)
    assert told(table[order]).equals(told(table))


@pytest.mark.parametrize(
    "truth",
    [
        lambda score: score,
        lambda score: score**3,
        np.sqrt,
        lambda score: 1 / (1 + np.exp(-12 * (score - 0.7))),
        lambda score: 0.1 + 0.5 * score,
        lambda score: np.full(len(score), 0.03),
        lambda score: np.full(len(score), 1.0),
    ],
)
def test_probabilities_are_right(truth: Callable[[Any], Any]) -> None:
    """Half of the pairs have a truth; the others are judged by one that nobody was told."""
    chance = np.random.default_rng(1)
    score = chance.beta(2, 2, 4000)
    right = chance.random(4000) < truth(score)
    known = np.arange(4000) < 2000
    given_truth = [
        bool(hit) if is_known else None for hit, is_known in zip(right, known, strict=True)
    ]
    found = told(frame(score, given_truth))["probability"].to_numpy()
    assert calibration_error(found[~known], right[~known]) <= 0.035
    assert calibration_error(found[known], right[known]) <= 0.035


def test_of_too_few_nothing_is_learned() -> None:
    table = frame([0.25] * FEWEST, [True] * (FEWEST - 1) + [None])
    found = told(table)
    assert set(found["probability"]) == {0.25}
    assert found["note"].unique().to_list() == ["too few known to say how far confidence holds"]


def test_reliability_counts_every_claim_once() -> None:
    confidence = np.array([0.0, 0.05, 0.5, 0.99, 1.0])
    correct = np.array([False, True, True, True, False])
    lines = reliability(confidence, correct)
    assert [line["n"] for line in lines] == [2, 1, 2]
    assert lines[0]["correct"] == 0.5
    off = abs(0.025 - 0.5) * 2 + 0.5 + abs(0.995 - 0.5) * 2
    assert calibration_error(confidence, correct) == pytest.approx(off / 5)
