"""Intervals by resampling: groups are drawn, not pairs, since the pairs of a group are not alone.

Percentile bootstrap (Efron 1979) over groups, 1,000 draws from a fixed seed, at 95 %.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any, TypeAlias

import numpy as np

Rows: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

DRAWS = 1000
LEVEL = 0.95
DECIMALS = 4


def mean_interval(values: Rows, groups: Rows) -> dict[str, float | int]:
    """The mean of `values`, and where it lies when groups are drawn again."""
    sums, counts = _by_group(values, groups)
    drawn = _draws(len(sums))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return {**told(float(values.mean()), means), "n": len(values)}


def statistic_interval(
    statistic: Callable[[Rows], float], groups: Rows, draws: int = DRAWS
) -> dict[str, float | int]:
    """A statistic of rows (given by their numbers), and where it lies when groups are drawn again."""
    names, at = np.unique(groups, return_inverse=True)
    members = [np.flatnonzero(at == number) for number in range(len(names))]
    values = [
        statistic(np.concatenate([members[number] for number in picked]))
        for picked in _draws(len(names), draws)
    ]
    return {**told(statistic(np.arange(len(groups))), np.array(values)), "n": len(groups)}


def told(value: float, draws: Rows) -> dict[str, float]:
    """A value with its interval, rounded."""
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {
        "value": round(value, DECIMALS),
        "low": round(float(low), DECIMALS),
        "high": round(float(high), DECIMALS),
    }


def share_interval(count: int, of: int) -> dict[str, float | int]:
    """A share with the interval of Wilson (1927) at 95 %."""
    low, high = wilson(count, of)
    return {
        "value": round(count / of, DECIMALS),
        "low": round(low, DECIMALS),
        "high": round(high, DECIMALS),
        "n": of,
    }


def wilson(count: int, of: int) -> tuple[float, float]:
    """The interval of Wilson (1927) of a share at 95 %; `of` is at least 1."""
    z = 1.959963984540054
    share = count / of
    centre = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (
        0.0 if count == 0 else max(0.0, centre - half),
        1.0 if count == of else min(1.0, centre + half),
    )


def area(matched: Rows, mismatched: Rows) -> float:
    """Chance that a matched pair scores higher than a mismatched one (area under the ROC curve);
    a tie is half of it.
    """
    both = np.concatenate([matched, mismatched])
    _, at, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[at]
    wins = ranks[: len(matched)].sum() - len(matched) * (len(matched) + 1) / 2
    return float(wins / (len(matched) * len(mismatched)))


def _by_group(values: Rows, groups: Rows) -> tuple[Rows, Rows]:
    _, at = np.unique(groups, return_inverse=True)
    return np.bincount(at, weights=values.astype(np.float64)), np.bincount(at).astype(np.float64)


def _draws(groups: int, draws: int = DRAWS) -> Rows:
    return np.random.default_rng(0).integers(0, groups, (draws, groups))
