"""Recordings of real speech with known times: short spoken clips, and pauses between them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from curate.pairs.audio import Waveform, decode_audio

STAMPS = Path("/usr/share/tuxpaint/stamps")
RATE = 16000


@cache
def clips() -> list[np.ndarray]:
    """The names of animals, spoken, mono at `RATE`."""
    from scipy.signal import resample_poly

    paths = sorted(STAMPS.glob("**/*_desc.ogg"))
    if not paths:
        pytest.skip("the stamps of Tux Paint are not installed")
    sounds = [decode_audio(path.read_bytes()) for path in paths]
    return [resample_poly(s.samples[:, 0], RATE // 100, s.rate // 100) for s in sounds]


def recording(
    seconds: float, *, seed: int = 0, pauses: tuple[float, float] = (0.5, 5.0), noise: float = 0.003
) -> tuple[Waveform, np.ndarray]:
    """A waveform and, float64 (clips, 2), where each clip starts and ends, in seconds."""
    chance = np.random.default_rng(seed)
    sound = chance.normal(size=round(seconds * RATE)) * noise
    spans: list[tuple[float, float]] = []
    at = chance.uniform(*pauses)
    while True:
        clip = clips()[chance.integers(len(clips()))]
        if at + len(clip) / RATE > seconds - 1:
            return Waveform(sound[:, None].astype(np.float32), RATE), np.array(spans)
        first = round(at * RATE)
        sound[first : first + len(clip)] += clip
        spans.append((first / RATE, (first + len(clip)) / RATE))
        at = spans[-1][1] + chance.uniform(*pauses)


def shuffled(spans: np.ndarray, seed: int) -> np.ndarray:
    """Spans of the same lengths with the same pauses, in another order: another recording's."""
    chance = np.random.default_rng(seed)
    lengths = chance.permutation(np.diff(spans, axis=1)[:, 0])
    pauses = chance.permutation(np.diff(spans.ravel(), prepend=0.0)[::2])
    ends = np.cumsum(pauses + lengths)
    return np.stack([ends - lengths, ends], axis=1)


def overlap(spans: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The share of each true span that the other one covers."""
    common = np.minimum(spans[:, 1], truth[:, 1]) - np.maximum(spans[:, 0], truth[:, 0])
    return np.asarray(np.clip(common, 0, None) / np.diff(truth, axis=1)[:, 0])
