"""Sound recordings: what their header says, and their samples.

WAV, FLAC and OGG (Vorbis, Opus) by content, not by name. libsndfile reads half a file without a
word, so that wholeness is checked here: the sizes and counts of the container against what was
decoded. What fails is `Unreadable`. Every function may be called from several threads.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import soundfile as sf

from curate.errors import Unreadable
from curate.pairs.ogg import check_ogg

FORMATS = {"WAV": "WAV", "WAVEX": "WAV", "FLAC": "FLAC", "OGG": "OGG"}
MOST_SAMPLES = 500_000_000
"""Of all channels together: 2 GB once decoded, 87 minutes of stereo at 48 kHz."""
UNKNOWN_SIZES = (0, 0xFFFFFFFF)
"""What a WAV says of its length when it was written to a pipe."""


@dataclass(frozen=True)
class AudioHeader:
    """What a recording says of itself; `duration` in seconds."""

    format: str
    rate: int
    channels: int
    frames: int
    duration: float


@dataclass(frozen=True, eq=False)
class Waveform:
    """Samples as float32 (frames, channels), full scale at ±1; `rate` in frames per second."""

    samples: np.ndarray
    rate: int


def probe_audio(data: bytes) -> AudioHeader:
    """The header, without decoding samples."""
    with _opened(data) as file:
        return _header(file)


def decode_audio(data: bytes) -> Waveform:
    """All samples of a recording that is whole."""
    with _opened(data) as file:
        header = _header(file)
        _check_whole(data, header.format)
        try:
            samples = file.read(dtype="float32", always_2d=True)
        except (sf.SoundFileError, RuntimeError) as error:
            raise Unreadable(_words(error)) from None
    if len(samples) != header.frames:
        raise Unreadable(f"truncated: {len(samples)} of {header.frames} frames are there")
    if not np.isfinite(samples).all():
        raise Unreadable("holds samples that are no numbers")
    return Waveform(samples, header.rate)


def _opened(data: bytes) -> sf.SoundFile:
    if not data:
        raise Unreadable("the file is empty")
    try:
        file = sf.SoundFile(BytesIO(data))
    except (sf.SoundFileError, RuntimeError, TypeError, ValueError) as error:
        raise Unreadable(_words(error)) from None
    if file.format not in FORMATS:
        file.close()
        raise Unreadable(f"format {file.format} is not supported")
    return file


def _header(file: sf.SoundFile) -> AudioHeader:
    frames, channels, rate = file.frames, file.channels, file.samplerate
    if frames <= 0:
        raise Unreadable("holds no sound: zero frames")
    if frames * channels > MOST_SAMPLES:
        raise Unreadable(f"{frames * channels} samples are more than the {MOST_SAMPLES} decoded")
    return AudioHeader(FORMATS[file.format], rate, channels, frames, frames / rate)


def _check_whole(data: bytes, form: str) -> None:
    if form == "OGG":
        check_ogg(data)
    elif form == "WAV":
        _check_wav(data)


def _check_wav(data: bytes) -> None:
    """The chunk with the samples must be as long as it says."""
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        if name == b"data":
            there = len(data) - at - 8
            if size > there and size not in UNKNOWN_SIZES:
                raise Unreadable(f"truncated: {there} of {size} bytes of samples are there")
            return
        at += 8 + size + size % 2


def _words(error: Exception) -> str:
    """The words of libsndfile, without the object that stands for a file's name."""
    words = getattr(error, "error_string", None) or str(error)
    return words.strip() or "the decoder failed and does not say why"
