"""Fingerprints of recordings: one number for each moment, made so that copies share many of them.

The lower `BITS` bits of a moment say what of it is positive; five bits more, from `WEAKEST`, which of
them is the least certain; and the bit at `CLEAR`, whether there was anything to see or hear.
"""

from __future__ import annotations

import numpy as np

BITS = 24
WEAKEST, CLEAR = 24, 29


def moments(values: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """Uint32 per row of `values`, (moments, `BITS`); `clear` says of which something is known."""
    bits = (values > 0) @ (1 << np.arange(BITS))
    weakest = np.abs(values).argmin(axis=1)
    return np.asarray(bits | weakest << WEAKEST | clear.astype(np.int64) << CLEAR, np.uint32)
