"""When something is heard in a recording: the level of the voice's band, a hundred times a second.

One byte a frame, so that an hour is 360 kB: half decibels above `FLOOR`, from 0 to 240. What is
speech and what is the room is left to who reads the levels, who sees all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.errors import Unreadable
from curate.measures.audio import FLOOR
from curate.measures.measure import Compute, Measure
from curate.pairs.audio import Waveform

FRAMES_A_SECOND = 100
STEPS_A_DECIBEL = 2
BAND = (100.0, 4000.0)
"""Hertz between which a voice has nearly all of its power; hum and hiss lie outside."""

ACTIVITY: dict[str, type[pl.DataType]] = {"levels": pl.Binary, "seconds": pl.Float64}


def sound_activity(modality: str) -> Measure:
    """The declaration, for `audio` or for the sound of a `video`."""
    return Measure(
        name=f"{modality}.activity",
        version=1,
        of=(modality,),
        returns=ACTIVITY,
        compute=f"curate.measures.activity:of_{modality}",
        libraries=("numpy", "scipy", *(("soundfile",) if modality == "audio" else ("av",))),
        extra=None if modality == "audio" else "video",
        chunk=4,
    )


def of_audio(measure: Measure, models: Mapping[str, Path]) -> Compute:
    """Levels of waveforms."""
    return _each(lambda sound: sound)


def of_video(measure: Measure, models: Mapping[str, Path]) -> Compute:
    """Levels of the sound that goes with pictures; silent films say so in `error`."""
    from curate.pairs.video import sound

    return _each(sound)


def levels(sound: Waveform) -> np.ndarray:
    """Uint8, one per 10 ms: half decibels above `FLOOR` of the voice's band; the last is short."""
    voice = _in_band(sound.samples.mean(axis=1, dtype=np.float64), sound.rate)
    frames = -(-len(voice) * FRAMES_A_SECOND // sound.rate)
    edges = np.arange(frames + 1) * sound.rate // FRAMES_A_SECOND
    edges[-1] = len(voice)
    power = np.add.reduceat(np.square(voice), edges[:-1]) / np.diff(edges)
    decibels = 10 * np.log10(np.maximum(power, 10 ** (FLOOR / 10)))
    return np.clip(np.round((decibels - FLOOR) * STEPS_A_DECIBEL), 0, 255).astype(np.uint8)


def _in_band(samples: np.ndarray, rate: int) -> np.ndarray:
    from scipy.signal import butter, sosfilt

    low, high = BAND
    reaches = 2.2 * high < rate
    edge, kind = (BAND, "bandpass") if reaches else (low, "highpass")
    filtered: np.ndarray = sosfilt(butter(2, edge, kind, fs=rate, output="sos"), samples)
    return filtered


def _each(sound: Callable[[Any], Waveform]) -> Compute:
    def compute(payloads: Sequence[Any]) -> pl.DataFrame:
        rows = [_row(payload, sound) for payload in payloads]
        return pl.DataFrame(rows, schema={**ACTIVITY, "error": pl.String}, orient="row")

    return compute


def _row(
    payload: Any, sound: Callable[[Any], Waveform]
) -> tuple[bytes | None, float | None, str | None]:
    try:
        heard = sound(payload)
    except Unreadable as error:
        return (None, None, error.message)
    return (levels(heard).tobytes(), len(heard.samples) / heard.rate, None)
