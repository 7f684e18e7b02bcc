"""How far a made set of things lies from a real one, by the vectors of an encoder.

    fid                   Fréchet distance of two normal distributions (Heusel et al., 2017)
    kid                   squared maximum mean discrepancy under the kernel (x·y/d + 1)³, unbiased
                          (Bińkowski et al., 2018)
    precision, recall     shares that lie within the k-nearest-neighbour manifold of the other set
                          (Kynkäänniemi et al., 2019)
    density, coverage     how crowded real neighbourhoods are by made ones, and how many have any
                          (Naeem et al., 2020)

All in float64. `fid` is biased upwards by small sets, `kid` is not.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

Matrix: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

NEIGHBOURS = 5
SUBSETS = 100
OF_SUBSET = 100
"""Members drawn of each set, at most, for each of the subsets over which `kid` is averaged."""
FEWEST = 2 * NEIGHBOURS
"""Members of each set below which nothing is said."""


def fid(real: Matrix, made: Matrix) -> float:
    """0 for sets of one mean and one covariance, without bound above."""
    between = real.mean(axis=0) - made.mean(axis=0)
    one, other = _centred(real), _centred(made)
    # The trace of sqrt(Σ₁Σ₂) is the sum of singular values of the product of the factors.
    shared = np.linalg.svd(one @ other.T, compute_uv=False).sum()
    spread = (one * one).sum() + (other * other).sum()
    return float(max(0.0, between @ between + spread - 2.0 * shared))


def kid(real: Matrix, made: Matrix) -> tuple[float, float]:
    """The mean over subsets, and their standard deviation."""
    chance = np.random.default_rng(0)
    size = min(len(real), len(made), OF_SUBSET)
    found = []
    for _ in range(SUBSETS):
        one, other = (part[chance.choice(len(part), size, replace=False)] for part in (real, made))
        found.append(_discrepancy(one, other))
    return float(np.mean(found)), float(np.std(found))


def manifolds(real: Matrix, made: Matrix, neighbours: int = NEIGHBOURS) -> dict[str, float]:
    """`precision`, `recall`, `density` and `coverage`."""
    between = _distances(real, made)
    of_real, of_made = (_radii(part, neighbours) for part in (real, made))
    within_real = between < of_real[:, None]
    within_made = between < of_made[None, :]
    return {
        "precision": float(within_real.any(axis=0).mean()),
        "recall": float(within_made.any(axis=1).mean()),
        "density": float(within_real.sum(axis=0).mean() / neighbours),
        "coverage": float((between.min(axis=1) < of_real).mean()),
    }


def diversity(vectors: Matrix) -> float:
    """The mean cosine distance between two different members: 0 when all are one."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    count = len(unit)
    total = unit.sum(axis=0)
    return float(1.0 - (total @ total - count) / (count * (count - 1)))


def _centred(part: Matrix) -> Matrix:
    """Rows whose inner products are the covariance."""
    return np.asarray((part - part.mean(axis=0)) / np.sqrt(len(part) - 1))


def _discrepancy(one: Matrix, other: Matrix) -> float:
    size = len(one)
    own = sum(_off_diagonal(_kernel(part, part)) for part in (one, other))
    return float(own / (size * (size - 1)) - 2.0 * _kernel(one, other).mean())


def _kernel(one: Matrix, other: Matrix) -> Matrix:
    return np.asarray((one @ other.T / one.shape[1] + 1.0) ** 3)


def _off_diagonal(gram: Matrix) -> float:
    return float(gram.sum() - np.trace(gram))


def _distances(one: Matrix, other: Matrix) -> Matrix:
    squares = (one * one).sum(axis=1)[:, None] + (other * other).sum(axis=1)[None, :]
    return np.asarray(np.sqrt(np.maximum(squares - 2.0 * one @ other.T, 0.0)))


def _radii(part: Matrix, neighbours: int) -> Matrix:
    """The distance from each member to its k-th nearest other."""
    distances = _distances(part, part)
    np.fill_diagonal(distances, np.inf)
    return np.sort(distances, axis=1)[:, min(neighbours, len(part) - 1) - 1]
