"""Chance from names: uniform, the same for the same name, afresh every round."""

from __future__ import annotations

import numpy as np
import polars as pl

from curate.pairs.draw import rounds, uniform

NAMES = pl.Series([f"pair {number}" for number in range(4000)])


def drawn(names: pl.Series, count: int, purpose: str = "test") -> np.ndarray:
    return np.array(list(rounds(names, count, purpose)))


def test_a_name_draws_the_same_whoever_is_there() -> None:
    whole, some = drawn(NAMES, 3), drawn(NAMES[100:50:-7], 3)
    assert np.array_equal(some, whole[:, 100:50:-7])
    assert uniform(NAMES, 0, "test")[:5].equals(uniform(NAMES[:5], 0, "test"))


def test_rounds_are_uniform_and_have_nothing_to_do_with_one_another() -> None:
    numbers = drawn(NAMES, 20)
    assert ((numbers > 0) & (numbers < 1)).all()
    counts = np.histogram(numbers, bins=20, range=(0, 1))[0]
    assert abs(counts / 4000 - 1).max() < 0.05
    assert abs(np.corrcoef(numbers) - np.eye(20)).max() < 0.08
    assert abs(np.corrcoef(numbers[:, :-1].ravel(), numbers[:, 1:].ravel())[0, 1]) < 0.02


def test_another_purpose_is_another_draw() -> None:
    assert not (drawn(NAMES, 1) == drawn(NAMES, 1, "other")).any()
