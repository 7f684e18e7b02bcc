"""Kernel ridge regression through landmarks: curved maps at a cost linear in rows.

The kernel is Gaussian on unit vectors, `exp(-|u - v|^2)`, and is stood for by its values at
landmarks (Nystroem; Williams and Seeger, 2001). With all rows as landmarks it is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Matrix: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

PENALTY = 0.3
"""Of the squared coefficients; the kernel of a row with itself is 1."""
JITTER = 1e-6
"""Added to the landmarks' kernel, where equal landmarks would make it singular."""
BLOCK = 2048
"""Rows worked on at a time, which bounds memory."""


@dataclass(frozen=True)
class Ridge:
    """A map from unit rows of one width to rows of another."""

    landmarks: Matrix
    weights: Matrix

    @classmethod
    def learn(cls, pairs: Iterable[tuple[Matrix, Matrix]], landmarks: Matrix) -> Ridge:
        """The least penalised squares over blocks of inputs and targets, of which there is one at
        least; landmarks are rows like the inputs.
        """
        from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular

        width = len(landmarks)
        root = cholesky(kernel(landmarks, landmarks) + JITTER * np.eye(width), lower=True)
        square, cross = PENALTY * np.eye(width), np.zeros((width, 1))
        for inputs, targets in pairs:
            features = solve_triangular(root, kernel(landmarks, inputs), lower=True)
            square += features @ features.T
            cross = cross + features @ targets
        solved = cho_solve(cho_factor(square), cross)
        return cls(landmarks, solve_triangular(root, solved, lower=True, trans="T"))

    def __call__(self, inputs: Matrix) -> Matrix:
        found = np.empty((len(inputs), self.weights.shape[1]))
        for rows in blocks(len(inputs)):
            found[rows] = kernel(inputs[rows], self.landmarks) @ self.weights
        return found


def kernel(left: Matrix, right: Matrix) -> Matrix:
    """Between unit rows, whose squared distance is two less twice their cosine."""
    found = np.asarray(left @ right.T)
    found *= 2.0
    found -= 2.0
    return np.exp(found, out=found)


def blocks(count: int) -> Iterator[slice]:
    for start in range(0, count, BLOCK):
        yield slice(start, start + BLOCK)


def unit(rows: Matrix) -> Matrix:
    rows = np.asarray(rows, dtype=np.float64)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))
