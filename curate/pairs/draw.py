"""Chance that anyone can repeat: numbers from a hash of names, not from a generator's state."""

from __future__ import annotations

import hashlib

import polars as pl


def uniform(names: pl.Series, seed: int, purpose: str) -> pl.Series:
    """One number in [0, 1) per name: the same for the same name, whatever else is there."""
    salt = f"{purpose}\0{seed}\0".encode()
    numbers = [
        int.from_bytes(hashlib.sha256(salt + name.encode()).digest()[:6]) / 2**48 for name in names
    ]
    return pl.Series("uniform", numbers, pl.Float64)
