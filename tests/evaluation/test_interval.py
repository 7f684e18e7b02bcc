"""Means, areas and intervals against what anyone can reckon by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.evaluation.interval import area, mean_interval, statistic_interval

SCORES = st.lists(st.integers(-3, 3), min_size=1, max_size=12)


@given(matched=SCORES, mismatched=SCORES)
def test_area_is_the_chance_to_win(matched: list[int], mismatched: list[int]) -> None:
    wins = [(a > b) + (a == b) / 2 for a in matched for b in mismatched]
    found = area(np.array(matched, float), np.array(mismatched, float))
    assert found == pytest.approx(np.mean(wins))


@given(values=st.lists(st.booleans(), min_size=1, max_size=50))
def test_interval_holds_the_mean(values: list[bool]) -> None:
    found = mean_interval(np.array(values), np.arange(len(values)))
    assert found["low"] <= found["value"] <= found["high"]
    assert found["value"] == pytest.approx(np.mean(values), abs=1e-4)
    assert found["n"] == len(values)


def test_pairs_of_one_group_say_little() -> None:
    """A hundred copies of ten pairs are no thousand pairs."""
    values = np.repeat(np.arange(10) % 2, 100)
    apart = mean_interval(values, np.arange(1000))
    together = mean_interval(values, np.repeat(np.arange(10), 100))
    assert together["high"] - together["low"] > 5 * (apart["high"] - apart["low"])


def test_interval_covers_as_often_as_it_says() -> None:
    chance = np.random.default_rng(1)
    found = [mean_interval(chance.random(200) < 0.3, np.arange(200)) for _ in range(200)]
    covered = np.mean([one["low"] <= 0.3 <= one["high"] for one in found])
    assert 0.9 <= covered <= 0.99


def test_statistics_are_repeated() -> None:
    values, groups = np.arange(30.0), np.arange(30) // 3
    first = statistic_interval(lambda rows: float(values[rows].max()), groups)
    assert first == statistic_interval(lambda rows: float(values[rows].max()), groups)
    assert first["value"] == first["high"] == 29.0
