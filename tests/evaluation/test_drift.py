"""Drift that was planted is found, and none is found where there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from curate.evaluation.drift import Drift, binned, edges, mmd, psi

RUNS = 400


def of_numbers(first: Any, second: Any, shared: int = 0) -> Drift:
    borders = edges(first)
    return psi(binned(first, borders), binned(second, borders), shared)


def alarms(n: int, m: int, shared: int, shift: float) -> float:
    """How often 5 % are undercut."""
    chance = np.random.default_rng(n + m + shared)
    found = 0
    for _ in range(RUNS):
        first = chance.normal(size=n)
        second = np.concatenate([first[:shared], chance.normal(size=m - shared) + shift])
        found += of_numbers(first, second, shared).p < 0.05
    return found / RUNS


@pytest.mark.parametrize(
    ("n", "m", "shared"), [(30, 40, 0), (100, 100, 0), (800, 300, 0), (1000, 1000, 900)]
)
def test_psi_of_what_has_not_changed(n: int, m: int, shared: int) -> None:
    assert alarms(n, m, shared, 0.0) <= 0.075


@pytest.mark.parametrize(
    ("n", "m", "shared", "shift"), [(500, 500, 0, 0.5), (1000, 1000, 900, 1.0)]
)
def test_psi_finds_a_shift(n: int, m: int, shared: int, shift: float) -> None:
    assert alarms(n, m, shared, shift) >= 0.9


def test_psi_by_hand() -> None:
    """Σ (b - a) ln(b / a), with half a member more in each bin."""
    one, other = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    counts = np.array([50, 50]), np.array([25, 75])
    a, b = ((c + 0.5) / (c.sum() + 1) for c in counts)
    assert psi(*counts).value == pytest.approx(((b - a) * np.log(b / a)).sum())
    assert psi(*counts).value == pytest.approx(
        ((other - one) * np.log(other / one)).sum(), abs=0.01
    )
    assert psi(*counts).p < 0.001
    assert psi(counts[0], counts[0]).value == 0.0


def test_ties_make_no_empty_bins() -> None:
    first = np.repeat([0.0, 1.0], [80, 20])
    assert binned(first, edges(first)).tolist() == [80, 20]
    assert of_numbers(first, first, 100) == Drift(0.0, 1.0)
    assert of_numbers(np.zeros(50), np.zeros(60)).p == 1.0


def sets(n: int, m: int, shared: int, shift: float, seed: int) -> Drift:
    chance = np.random.default_rng(seed)
    vectors = chance.normal(size=(n + m - shared, 16))
    vectors[n:] += shift
    in_first = (np.arange(len(vectors)) < n).astype(float)
    in_second = ((np.arange(len(vectors)) < shared) | (np.arange(len(vectors)) >= n)).astype(float)
    return mmd(vectors, in_first, in_second)


@pytest.mark.parametrize(("n", "m", "shared"), [(40, 40, 0), (60, 30, 0), (100, 100, 90)])
def test_mmd_of_what_has_not_changed(n: int, m: int, shared: int) -> None:
    found = [sets(n, m, shared, 0.0, seed).p < 0.05 for seed in range(RUNS)]
    assert np.mean(found) <= 0.075


def test_mmd_finds_a_shift() -> None:
    assert np.mean([sets(60, 60, 0, 0.4, seed).p < 0.05 for seed in range(40)]) >= 0.9
    assert np.mean([sets(100, 100, 80, 1.0, seed).p < 0.05 for seed in range(40)]) >= 0.9


def test_mmd_of_members_that_left_by_where_they_lie() -> None:
    vectors = np.random.default_rng(3).normal(size=(200, 8))
    kept = (vectors[:, 0] < 1.0).astype(float)
    assert mmd(vectors, np.ones(200), kept).p < 0.01
    assert mmd(vectors, np.ones(200), np.ones(200)) == Drift(0.0, 1.0)
