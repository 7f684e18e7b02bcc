"""What can be said of shares from counts alone: intervals, a test, and what could have been seen.

Wilson (1927) for one share and Newcombe (1998, method 10) for two are right also near 0 and 1, where
most selection rates lie. Fisher's test is exact at every size: under a true null it never rejects
more often than it says.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

from curate.evaluation.interval import wilson

POWER = 0.8
_HALVINGS = 40


class Part(NamedTuple):
    """So many kept of so many."""

    kept: int
    n: int

    @property
    def rate(self) -> float:
        return self.kept / self.n


def newcombe(one: Part, other: Part) -> tuple[float, float]:
    """Interval at 95 % of the difference of two shares, one minus other."""
    (low, high), (low_other, high_other) = wilson(*one), wilson(*other)
    difference = one.rate - other.rate
    below = sqrt((one.rate - low) ** 2 + (high_other - other.rate) ** 2)
    above = sqrt((high - one.rate) ** 2 + (other.rate - low_other) ** 2)
    return difference - below, difference + above


def fisher(one: Part, other: Part) -> float:
    """Two-sided p of Fisher's exact test that both shares are one."""
    from scipy.stats import fisher_exact

    return float(fisher_exact([[p.kept, p.n - p.kept] for p in (one, other)]).pvalue)


def detectable(n: float, rest: Part, significance: float) -> float | None:
    """The smallest loss of a group of `n` against the rest that is found with 80 % power.

    By the normal approximation with the rest's rate as it is (Fleiss, Levin & Paik 2003, ch. 4); None
    if even losing all would not be found. `n` may be an effective size.
    """
    from scipy.stats import norm

    at, power = float(norm.isf(significance / 2)), float(norm.ppf(POWER))

    def found(loss: float) -> bool:
        rate = rest.rate - loss
        pooled = (n * rate + rest.kept) / (n + rest.n)
        null = sqrt(pooled * (1 - pooled) * (1 / n + 1 / rest.n))
        true = sqrt(rate * (1 - rate) / n + rest.rate * (1 - rest.rate) / rest.n)
        return loss >= at * null + power * true

    low, high = 0.0, rest.rate
    if not rest.kept or not found(high):
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high
