"""Texts as tokens of declared lengths: each padded to a size that it alone decides."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from curate.models.shapes import bucket

LENGTHS = (16, 32, 64, 128, 256, 512)
"""Token lengths that a text may be padded to, as far as the model reads."""


def lengths_up_to(longest: int) -> tuple[int, ...]:
    """The declared lengths below the longest that a model reads, and that one."""
    longest = min(longest, LENGTHS[-1])
    return (*(size for size in LENGTHS if size < longest), longest)


class Tokens:
    """Texts, or pairs of texts, to rows of token arrays; one thread at a time.

    Padding and truncation are settings of the tokenizer, not of a call, hence the lock.
    """

    def __init__(self, tokenizer: Any, longest: int, *, full: bool = False) -> None:
        self._tokenizer = tokenizer
        self._lengths = lengths_up_to(longest)[-1:] if full else lengths_up_to(longest)
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        with self._lock:
            groups: dict[int, list[int]] = {}
            for number, size in enumerate(self._sizes(texts)):
                groups.setdefault(size, []).append(number)
            rows: dict[int, dict[str, Any]] = {}
            for size, numbers in groups.items():
                rows |= zip(numbers, self._padded([texts[n] for n in numbers], size), strict=True)
        return [rows[number] for number in range(len(texts))]

    def _sizes(self, texts: Sequence[str]) -> list[int]:
        options = {"truncation": True, "max_length": self._lengths[-1]}
        ids = self._tokenizer(list(texts), **options)["input_ids"]
        return [bucket(len(row), self._lengths) for row in ids]

    def _padded(self, texts: Sequence[str], size: int) -> list[dict[str, Any]]:
        options = {"truncation": True, "padding": "max_length", "max_length": size}
        made = self._tokenizer(list(texts), return_tensors="np", **options)
        arrays = {name: np.asarray(value) for name, value in made.items()}
        return [{name: a[n : n + 1] for name, a in arrays.items()} for n in range(len(texts))]
