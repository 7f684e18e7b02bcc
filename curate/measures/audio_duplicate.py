"""Near-duplicate recordings: a fingerprint that proposes, and the sound itself that decides.

Both hear one channel, the mean of all, at 8 kHz: what every telephone codec keeps. So neither
depends on level, rate or channels, and hardly on how a recording was coded. What lies above 4 kHz is
not heard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import gcd
from pathlib import Path

import numpy as np
import polars as pl

from curate.measures.fingerprint import BITS, moments
from curate.measures.measure import Compute, Measure
from curate.pairs.audio import Waveform

RATE = 8000
HOP = 96
"""Samples from frame to frame: 12 ms."""
WINDOW = 2048
"""Samples that a frame looks at, 256 ms: where it begins makes little difference."""
_BAND = (300.0, 2000.0)
"""Hertz: where speech and music have their shape and codecs spend their bits."""
_BACK = 3
"""Frames between the two that are compared."""
_QUIET = 1e-4
"""Power, of the loudest frame's, below which a frame is not audible: 40 dB."""
_NOTHING = 1e-10
"""Mean square of what counts as no sound at all, full scale at 1: 100 dB below it."""
_LOW = 100.0
"""Hertz under which hum is no likeness."""
_BLOCK = 4096

AUDIO_FINGERPRINT = Measure(
    name="audio.fingerprint",
    version=1,
    of=("audio",),
    returns={"fingerprint": pl.Binary},
    compute="curate.measures.audio_duplicate:fingerprint",
    libraries=("av", "numpy", "scipy", "soundfile"),
)
"""Of every 12 ms a moment, little-endian, as `curate.measures.fingerprint` has it; empty when nothing
is heard. The bits say between which neighbouring bands, of 25 from 300 to 2,000 Hz, the difference
of power grew over 36 ms (Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System", 2002)."""

AUDIO_OVERLAP = Measure(
    name="audio.overlap",
    version=1,
    of=("audio", "audio"),
    returns={
        "correlation": pl.Float64,
        "offset": pl.Float64,
        "seconds": pl.Float64,
        "left_share": pl.Float64,
        "right_share": pl.Float64,
    },
    compute="curate.measures.audio_duplicate:overlap",
    libraries=("av", "numpy", "scipy", "soundfile"),
)
"""Two recordings laid over one another where they agree best: how well they do, the second's start
on the first's clock, how long the overlap is, both in seconds, and how much of the power of each lies
in it.

The correlation is 0 to 1, of the waveforms above 100 Hz and within the overlap, whatever the level
and the polarity; all is 0 when one of them is silent."""


def fingerprint(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(sounds: Sequence[Waveform]) -> pl.DataFrame:
        found = [frames(heard(sound)).astype("<u4").tobytes() for sound in sounds]
        return pl.DataFrame({"fingerprint": found}, schema=dict(measure.returns))

    return compute


def overlap(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(couples: Sequence[tuple[Waveform, Waveform]]) -> pl.DataFrame:
        rows = [best_overlap(*(_above_hum(heard(sound)) for sound in pair)) for pair in couples]
        return pl.DataFrame(rows, schema=dict(measure.returns))

    return compute


def heard(sound: Waveform) -> np.ndarray:
    """Float32 samples of all channels' mean at `RATE`; empty when there is nothing to hear."""
    from scipy.signal import resample_poly

    mono: np.ndarray = sound.samples.mean(axis=1, dtype=np.float64)
    shared = gcd(sound.rate, RATE)
    mono = np.asarray(resample_poly(mono, RATE // shared, sound.rate // shared))
    mono -= mono.mean()
    audible = np.square(mono).mean() > _NOTHING
    return mono.astype(np.float32) if audible else np.zeros(0, np.float32)


def frames(samples: np.ndarray) -> np.ndarray:
    """The moments of samples at `RATE`."""
    powers = np.concatenate([np.zeros((0, BITS + 1)), *_powers(samples)])
    if len(powers) <= _BACK:
        return np.zeros(0, np.uint32)
    slopes = np.diff(powers, axis=1)
    grew = slopes[_BACK:] - slopes[:-_BACK]
    loud = powers[_BACK:].sum(axis=1)
    return moments(grew, loud > _QUIET * loud.max())


def best_overlap(left: np.ndarray, right: np.ndarray) -> dict[str, float]:
    """Of samples at `RATE`, as `AUDIO_OVERLAP` has it."""
    if not (len(left) and len(right)):
        return dict.fromkeys(AUDIO_OVERLAP.returns, 0.0)
    lag, product = _peak(left, right)
    start, end = max(lag, 0), min(len(left), lag + len(right))
    here, there = (
        float(np.square(part, dtype=np.float64).sum())
        for part in (left[start:end], right[start - lag : end - lag])
    )
    both = [np.square(whole, dtype=np.float64).sum() for whole in (left, right)]
    values = {
        "correlation": min(1.0, product / np.sqrt(here * there)) if here and there else 0.0,
        "offset": lag / RATE,
        "seconds": (end - start) / RATE,
        "left_share": here / both[0],
        "right_share": there / both[1],
    }
    return {name: round(float(value), 6) for name, value in values.items()}


def _peak(left: np.ndarray, right: np.ndarray) -> tuple[int, float]:
    """The lag of the second at which the product with the first is largest, and that product."""
    from scipy import fft

    length = fft.next_fast_len(len(left) + len(right) - 1, real=True)
    spectrum = fft.rfft(left, length) * np.conj(fft.rfft(right, length))
    products = np.abs(fft.irfft(spectrum, length))
    at = int(products.argmax())
    return (at if at < len(left) else at - length), float(products[at])


def _above_hum(samples: np.ndarray) -> np.ndarray:
    from scipy.signal import butter, sosfilt

    if not len(samples):
        return samples
    filtered = sosfilt(butter(2, _LOW, "highpass", fs=RATE, output="sos"), samples)
    return np.asarray(filtered, np.float32)


def _powers(samples: np.ndarray) -> Iterator[np.ndarray]:
    """The power in each band, frame by frame, in blocks of (frames, bands)."""
    from scipy import fft
    from scipy.signal.windows import hann

    if not len(samples):
        return
    edges = np.round(np.geomspace(*_BAND, BITS + 2) * WINDOW / RATE).astype(int)
    padded = np.pad(samples, (WINDOW // 2, WINDOW))
    seen = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    shape = hann(WINDOW).astype(np.float32)
    for start in range(0, len(seen), _BLOCK):
        spectrum = np.abs(fft.rfft(seen[start : start + _BLOCK] * shape, axis=1)[:, : edges[-1]])
        yield np.add.reduceat(np.square(spectrum, dtype=np.float64), edges[:-1], axis=1)
