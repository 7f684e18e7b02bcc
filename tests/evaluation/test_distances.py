"""Distances between sets of vectors: known values, and what must hold for any sets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.evaluation.distances import diversity, fid, kid, manifolds


def drawn(seed: int, count: int = 200, width: int = 8, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, width)) + shift


def test_fid_is_the_distance_of_two_normal_distributions() -> None:
    """The formula of the paper, with the matrix's square root taken by SciPy."""
    from scipy.linalg import sqrtm

    real, made = drawn(0), drawn(1, 150) @ np.diag(np.linspace(0.5, 2, 8)) + 0.3
    one, other = np.cov(real.T), np.cov(made.T)
    gap = real.mean(axis=0) - made.mean(axis=0)
    expected = gap @ gap + np.trace(one + other - 2 * np.real(sqrtm(one @ other)))
    assert fid(real, made) == pytest.approx(expected, rel=1e-6)


@given(st.integers(0, 1000), st.integers(12, 60), st.integers(1, 90))
def test_a_set_lies_nowhere_off_itself(seed: int, count: int, width: int) -> None:
    real = drawn(seed, count, width)
    assert fid(real, real) == pytest.approx(0, abs=1e-8 * width)
    assert manifolds(real, real) == {
        "precision": 1.0,
        "recall": 1.0,
        "density": pytest.approx(manifolds(real, real)["density"]),
        "coverage": 1.0,
    }


@given(st.integers(0, 100), st.floats(0.5, 5))
def test_what_is_shifted_lies_farther_off(seed: int, shift: float) -> None:
    real, like, unlike = drawn(seed), drawn(seed + 1), drawn(seed + 1, shift=shift)
    assert fid(real, like) < fid(real, unlike)
    assert kid(real, like)[0] < kid(real, unlike)[0]


def test_kid_of_two_draws_of_one_distribution_is_about_nothing() -> None:
    found = [kid(drawn(n), drawn(n + 50))[0] for n in range(10)]
    assert abs(float(np.mean(found))) < 0.05


def test_one_picture_over_and_over_is_precise_and_covers_nothing() -> None:
    real = drawn(0)
    made = np.repeat(real[:1], 100, axis=0) + drawn(1, 100) * 1e-3
    found = manifolds(real, made)
    assert found["precision"] > 0.9
    assert found["recall"] < 0.05
    assert found["coverage"] < 0.1
    assert diversity(made) < 0.01 < diversity(real)
