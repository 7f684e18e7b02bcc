"""Whether two sets of things are drawn alike: one number, and how often chance gives as much.

    psi   population stability index Σ (b - a) ln(b / a) over bins; the bins are quantiles of the
          first set. For sets drawn alike it is (1/n + 1/m) times a chi-squared variable with one
          degree of freedom fewer than there are bins (Yurdakul & Naranjo, 2020).
    mmd   maximum mean discrepancy under a Gaussian kernel as wide as the median distance, by
          permutations (Gretton et al., 2012).

Two versions of a release share most of their members. Members that are the same in both carry no
news, and both tests know it: `psi` takes their part out of the variance, `mmd` asks whether those that
came and went were drawn at random from all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Numbers: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"
Counts: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"

BINS = 10
IN_BIN = 10
"""Members of the first set that a bin has at least."""
FEWEST = 20
"""Members of each set below which nothing is said."""
MOST = 2000
"""Members that are compared with one another; of more, as many are drawn."""
PERMUTATIONS = 500
_AT_ONCE = 100
_PRIOR = 0.5
"""Added to every count, so that an empty bin is not infinitely strange."""


@dataclass(frozen=True)
class Drift:
    """A distance, and the chance of one as large where nothing has changed."""

    value: float
    p: float


def edges(first: Numbers) -> Numbers:
    """Inner borders of bins that hold equally many of the first set, as far as ties allow."""
    count = max(2, min(BINS, len(first) // IN_BIN))
    found = np.unique(np.quantile(first, np.arange(1, count) / count, method="lower"))
    return np.asarray(found[found < first.max()])


def binned(values: Numbers, borders: Numbers) -> Counts:
    """How many values lie in each bin; a value on a border lies below it."""
    at = np.searchsorted(borders, values, side="left")
    return np.asarray(np.bincount(at, minlength=len(borders) + 1))


def psi(first: Counts, second: Counts, shared: int = 0) -> Drift:
    """Of counts per bin; `shared` members are the same in both sets."""
    from scipy.special import chdtrc

    there = first + second > 0
    first, second = first[there], second[there]
    n, m = int(first.sum()), int(second.sum())
    one, other = (_shares(counts) for counts in (first, second))
    value = float(((other - one) * np.log(other / one)).sum())
    variance = 1 / n + 1 / m - 2 * shared / (n * m)
    if len(first) < 2 or variance <= 1e-12:
        return Drift(value, 1.0)
    return Drift(value, float(chdtrc(len(first) - 1, value / variance)))


def mmd(vectors: Numbers, in_first: Numbers, in_second: Numbers) -> Drift:
    """Of vectors, each once, with marks (0 or 1) of the sets that each is in.

    `value` is the biased estimate, 0 for equal sets. Under the null hypothesis, which set a member
    is in has nothing to do with where it lies.
    """
    weights = in_first / in_first.sum() - in_second / in_second.sum()
    if not np.any(weights):
        return Drift(0.0, 1.0)
    kernel = _kernel(vectors)
    found = _spread(kernel, weights[None, :])[0]
    chance = np.random.default_rng(0)
    drawn = np.concatenate(
        [
            _spread(kernel, np.stack([chance.permutation(weights) for _ in range(_AT_ONCE)]))
            for _ in range(PERMUTATIONS // _AT_ONCE)
        ]
    )
    p = (1 + int((drawn >= found - 1e-12).sum())) / (1 + PERMUTATIONS)
    return Drift(float(np.sqrt(max(0.0, found))), p)


def _shares(counts: Counts) -> Numbers:
    return np.asarray((counts + _PRIOR) / (counts.sum() + _PRIOR * len(counts)))


def _kernel(vectors: Numbers) -> Numbers:
    lengths = (vectors * vectors).sum(axis=1)
    squares = np.maximum(lengths[:, None] + lengths[None, :] - 2.0 * vectors @ vectors.T, 0.0)
    apart = squares[np.triu_indices(len(squares), 1)]
    apart = apart[apart > 0]
    width = float(np.median(apart)) if len(apart) else 1.0
    return np.asarray(np.exp(-squares / (2.0 * width)))


def _spread(kernel: Numbers, weights: Numbers) -> Numbers:
    return np.asarray(((weights @ kernel) * weights).sum(axis=1))
