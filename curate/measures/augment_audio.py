"""Recordings played faster, heard in a room, among noise, and with parts left out, in this order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from curate.measures.audio import samples_hash
from curate.measures.augment import Chance, computing, drawing
from curate.measures.measure import Compute, Measure
from curate.pairs.audio import Waveform, encode_flac
from curate.pairs.marks import ALTERED, marked

Samples: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

FULL_SCALE = 1 - 2**-15
WINDOW = 0.025
"""Seconds in which frequencies are told apart, as recognisers of speech do."""


def augment(measure: Measure, models: Mapping[str, Path]) -> Compute:
    return partial(computing, alter=altered)(measure, models)


def altered(sound: Waveform, by: Mapping[str, Any], seed: int) -> bytes | None:
    """In 16 bits; made quieter where it would be louder than these can hold."""
    draw = drawing(samples_hash(sound), seed)
    before = samples = sound.samples.astype(np.float64)
    for name, alter in ALTERATIONS.items():
        if name in by:
            samples = alter(samples, sound.rate, by[name], draw(name))
    if samples.shape == before.shape and np.array_equal(samples, before):
        return None
    samples = samples / max(1.0, np.abs(samples).max() / FULL_SCALE)
    whole = np.rint(samples * 2**15) / 2**15
    return marked(encode_flac(Waveform(whole.astype(np.float32), sound.rate)), ALTERED)


def speed(samples: Samples, rate: int, most: float, chance: Chance) -> Samples:
    """Faster or slower, and so higher or lower, by at most this share, in whole hundredths.

    Ko et al., Audio augmentation for speech recognition, Interspeech 2015.
    """
    from scipy.signal import resample_poly

    change = int(chance.integers(1, round(most * 100), endpoint=True))
    faster = 100 + (change if chance.random() < 0.5 else -change)
    resampled: Samples = resample_poly(samples, 100, faster, axis=0)
    return resampled


def reverberation(samples: Samples, rate: int, most: float, chance: Chance) -> Samples:
    """A room in which sound fades by 60 dB within at most so many seconds.

    The echo is noise that fades exponentially, which is how a diffuse room sounds (Polack, 1988),
    and holds between a tenth of the direct sound's energy and all of it. The length stays.
    """
    from scipy.signal import fftconvolve

    seconds = chance.uniform(most / 4, most)
    times = np.arange(1, max(2, round(seconds * rate))) / rate
    echo = chance.normal(size=len(times)) * 10 ** (-3 * times / seconds)
    echo *= np.sqrt(10 ** -chance.uniform(0, 1) / np.sum(echo**2))
    room = np.concatenate([[1.0], echo])[:, None]
    heard: Samples = fftconvolve(samples, room, axes=0)[: len(samples)]
    return heard


def noise(samples: Samples, rate: int, between: Mapping[str, float], chance: Chance) -> Samples:
    """Noise so many decibels below the recording; its spectrum falls between white's and brown's."""
    power = np.mean(samples**2)
    if not power:
        return samples
    loss, fall = chance.uniform(between["min"], between["max"]), chance.uniform(0, 2)
    spectrum = np.fft.rfft(chance.normal(size=samples.shape), axis=0)
    spectrum *= np.arange(1, len(spectrum) + 1)[:, None] ** (-fall / 2)
    added = np.fft.irfft(spectrum, len(samples), axis=0)
    wanted = power * 10 ** (-loss / 10)
    noisy: Samples = samples + added * np.sqrt(wanted / np.mean(added**2))
    return noisy


def mask(samples: Samples, rate: int, most: float, chance: Chance) -> Samples:
    """A stretch of time and a band of frequencies left out, each at most this share of all.

    Park et al., SpecAugment, Interspeech 2019, put back into a waveform.
    """
    from scipy.signal import ShortTimeFFT

    hop = max(1, round(WINDOW * rate / 4))
    if len(samples) < 4 * hop:
        return samples
    transform = ShortTimeFFT(np.hanning(4 * hop), hop, rate)
    spectrum = transform.stft(samples, axis=0)
    band = _stretch(spectrum.shape[0], most, chance)
    time = _stretch(spectrum.shape[-1], most, chance)
    spectrum[band] = 0
    spectrum[..., time] = 0
    left: Samples = transform.istft(spectrum, k1=len(samples), f_axis=0)
    return left


def _stretch(length: int, most: float, chance: Chance) -> slice:
    wide = int(chance.integers(1, max(1, round(length * most)), endpoint=True))
    first = int(chance.integers(length - wide, endpoint=True))
    return slice(first, first + wide)


ALTERATIONS: dict[str, Callable[[Samples, int, Any, Chance], Samples]] = {
    "speed": speed,
    "reverberation": reverberation,
    "noise": noise,
    "mask": mask,
}
