"""What is measured of recordings without any model: header, whole decoding, level and silence; and
the files that spans make when they are released.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from curate.errors import Unreadable
from curate.measures.measure import Compute, Measure
from curate.pairs.audio import Waveform, encode_flac, probe_audio
from curate.pairs.identity import content_hash
from curate.pairs.marks import source_type
from curate.pairs.span import Recording, check_within

FLOOR = -120.0
"""Decibels that stand for no sound at all."""
SILENT_BELOW = -50.0
FRAMES_A_SECOND = 50

HEADER: dict[str, type[pl.DataType]] = {
    "format": pl.String,
    "rate": pl.Int32,
    "channels": pl.Int32,
    "duration": pl.Float64,
    "source_type": pl.String,
}
DECODED: dict[str, type[pl.DataType]] = {"samples_sha256": pl.String, "seconds": pl.Float64}
LEVEL: dict[str, type[pl.DataType]] = {
    "rms_dbfs": pl.Float64,
    "peak_dbfs": pl.Float64,
    "silence": pl.Float64,
}

AUDIO_PROBE = Measure(
    name="audio.probe",
    version=3,
    of=("audio",),
    returns=HEADER,
    compute="curate.measures.audio:probe",
    view="bytes",
    libraries=("av", "soundfile"),
    chunk=256,
)
AUDIO_DECODE = Measure(
    name="audio.decode",
    version=1,
    of=("audio",),
    returns=DECODED,
    compute="curate.measures.audio:decode",
    libraries=("av", "soundfile"),
)
AUDIO_LEVEL = Measure(
    name="audio.level",
    version=1,
    of=("audio",),
    returns=LEVEL,
    compute="curate.measures.audio:level",
    libraries=("av", "soundfile"),
)
AUDIO_CUT = Measure(
    name="audio.cut",
    version=1,
    of=("audio",),
    returns={"bytes": pl.Binary, "bytes_sha256": pl.String},
    compute="curate.measures.audio:flac",
    libraries=("av", "soundfile"),
)
"""The samples as a FLAC file's bytes, and their SHA-256."""


def probe(measure: Measure, models: Mapping[str, Path]) -> Compute:
    """Headers, the duration that of the span; what has none says why in `error`."""
    return lambda payloads: pl.DataFrame(
        [_header(recording) for recording in payloads],
        schema={**HEADER, "error": pl.String},
        orient="row",
    )


def decode(measure: Measure, models: Mapping[str, Path]) -> Compute:
    """Evidence that a recording was decoded whole: the hash of its samples, and how long it is."""
    return lambda payloads: pl.DataFrame(
        [(samples_hash(sound), len(sound.samples) / sound.rate) for sound in payloads],
        schema=DECODED,
        orient="row",
    )


def level(measure: Measure, models: Mapping[str, Path]) -> Compute:
    """Loudness, highest peak, and the share of 20 ms frames in which nothing is heard."""
    return lambda payloads: pl.DataFrame(
        [(rms_dbfs(sound), peak_dbfs(sound), silence(sound)) for sound in payloads],
        schema=LEVEL,
        orient="row",
    )


def flac(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(payloads: Sequence[Waveform]) -> pl.DataFrame:
        files = [encode_flac(sound) for sound in payloads]
        return pl.DataFrame(
            {"bytes": files, "bytes_sha256": [content_hash(file) for file in files]},
            schema=dict(measure.returns),
        )

    return compute


def samples_hash(sound: Waveform) -> str:
    """SHA-256 of rate, shape and samples."""
    frames, channels = sound.samples.shape
    digest = hashlib.sha256(f"{sound.rate}x{frames}x{channels}".encode())
    digest.update(np.ascontiguousarray(sound.samples, dtype="<f4").data)
    return digest.hexdigest()


def rms_dbfs(sound: Waveform) -> float:
    """Root mean square over all channels, in decibels below full scale."""
    return _decibels(math.sqrt(float(_power(sound).mean())))


def peak_dbfs(sound: Waveform) -> float:
    return _decibels(float(np.abs(sound.samples).max()))


def silence(sound: Waveform) -> float:
    """Share of 20 ms frames, the last perhaps shorter, that are quieter than `SILENT_BELOW`."""
    power = _power(sound)
    starts = np.arange(0, len(power), max(1, sound.rate // FRAMES_A_SECOND))
    lengths = np.diff(np.append(starts, len(power)))
    means = np.add.reduceat(power, starts) / lengths
    return round(float((means < 10 ** (SILENT_BELOW / 10)).mean()), 6)


def _power(sound: Waveform) -> np.ndarray:
    """Mean square of the channels at each instant."""
    power: np.ndarray = np.square(sound.samples, dtype=np.float64).mean(axis=1)
    return power


def _decibels(amplitude: float) -> float:
    """Rounded, so that the order in which a machine adds does not show."""
    return round(max(FLOOR, 20 * math.log10(amplitude)), 4) if amplitude > 0 else FLOOR


def _header(recording: Recording) -> tuple[str | int | float | None, ...]:
    data, span = recording
    try:
        header = probe_audio(data)
        if span is not None:
            check_within(span, header.duration)
    except Unreadable as error:
        return (*[None] * len(HEADER), error.message)
    duration = header.duration if span is None else span.duration
    return (header.format, header.rate, header.channels, duration, source_type(data), None)
