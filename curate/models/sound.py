"""Recordings as an audio network wants them: one channel, its own rate, its own length."""

from __future__ import annotations

import numpy as np

from curate.errors import MissingExtra
from curate.models.shapes import Array
from curate.pairs.audio import Waveform


def mono(waveform: Waveform, rate: int) -> Array:
    """The mean of all channels at `rate` frames per second, float32 (frames,)."""
    samples: Array = waveform.samples.mean(axis=1, dtype=np.float32)
    if waveform.rate == rate:
        return samples
    try:
        import soxr
    except ImportError as error:
        raise MissingExtra("resampling", "encoders") from error
    return np.asarray(soxr.resample(samples, waveform.rate, rate), dtype=np.float32)


def windows(samples: Array, length: int) -> list[Array]:
    """The whole recording in stretches of at most `length` frames; the last ends where it ends."""
    starts = range(0, max(len(samples) - length, 0) + 1, length)
    parts = [samples[start : start + length] for start in starts]
    if len(samples) > length and len(samples) % length:
        parts.append(samples[-length:])
    return parts
