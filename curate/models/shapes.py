"""Fixed shapes: the one way for a value not to depend on what else is in its batch.

A kernel's order of additions follows from the shape it is given. Every batch is therefore padded
to one declared size, and a text to a length chosen by that text alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

BATCH = 16
"""Rows of every batch that a network sees."""
LENGTHS = (16, 32, 64, 128, 256)
"""Token lengths that a text may be padded to."""

Precision: TypeAlias = Literal["fp32", "fp16", "bf16", "int8"]
"""How exactly a network computes; its values are float32 in any case."""

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"


def bucket(length: int, lengths: Sequence[int] = LENGTHS) -> int:
    """The smallest declared length that holds `length`, or the longest there is."""
    return next((size for size in lengths if length <= size), lengths[-1])


def in_batches(
    rows: Array, run: Callable[[Array], Sequence[Array]], size: int = BATCH
) -> tuple[Array, ...]:
    """`run` over batches of exactly `size` rows, padding cut off again."""
    parts = [[out[:count] for out in run(batch)] for batch, count in _batches(rows, size)]
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))


def _batches(rows: Array, size: int) -> Iterator[tuple[Array, int]]:
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        missing = size - len(batch)
        if missing:
            batch = np.concatenate([batch, np.repeat(batch[:1], missing, axis=0)])
        yield batch, size - missing
