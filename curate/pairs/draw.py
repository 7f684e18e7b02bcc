"""Chance that anyone can repeat: numbers from a hash of names, not from a generator's state."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import polars as pl

Numbers: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

_STEP = np.uint64(0x9E3779B97F4A7C15)


def uniform(names: pl.Series, seed: int, purpose: str) -> pl.Series:
    """One number in [0, 1) per name: the same for the same name, whatever else is there."""
    salt = f"{purpose}\0{seed}\0".encode()
    numbers = [
        int.from_bytes(hashlib.sha256(salt + name.encode()).digest()[:6]) / 2**48 for name in names
    ]
    return pl.Series("uniform", numbers, pl.Float64)


def rounds(names: pl.Series, count: int, purpose: str) -> Iterator[Numbers]:
    """`count` times one number in (0, 1) per name, every time afresh (SplitMix64 of the hash).

    For resampling: a million names cost one hash each, not one a round.
    """
    salt = f"{purpose}\0".encode()
    hashes = [hashlib.sha256(salt + name.encode()).digest()[:8] for name in names]
    state = np.frombuffer(b"".join(hashes), dtype="<u8").astype(np.uint64)
    for _ in range(count):
        state = state + _STEP
        yield (_mixed(state) >> np.uint64(11)) * 2.0**-53 + 2.0**-54


def _mixed(state: Any) -> Any:
    """Steele, Lea & Flood, Fast splittable pseudorandom number generators, OOPSLA 2014."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
