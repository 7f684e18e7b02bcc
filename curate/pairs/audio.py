"""Sound recordings: what their header says, and their samples.

By content, not by name. libsndfile reads WAV, FLAC and OGG (Vorbis, Opus); libav the rest: MP3, AAC,
M4A, WMA, and the sound of films. Both read half a file without a word, so that wholeness is checked
here: the sizes and counts of the container against what was decoded. A span of a recording needs
only its own samples. What fails is `Unreadable`. Every function may be called from several threads.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import soundfile as sf

from curate.errors import Unreadable
from curate.pairs.container import check_container, container_format
from curate.pairs.limited import limited
from curate.pairs.mpeg import check_mpeg, looks_like_mpeg, mpeg_format
from curate.pairs.ogg import check_ogg
from curate.pairs.span import Recording, Span, check_within

FORMATS = {"WAV": "WAV", "WAVEX": "WAV", "FLAC": "FLAC", "OGG": "OGG"}
MOST_SAMPLES = 500_000_000
"""Of all channels together: 2 GB once decoded, 87 minutes of stereo at 48 kHz."""
STRAY = 0.1
"""Seconds by which a coded sound may end before its container says: decoders drop paddings."""
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


@limited
def probe_audio(data: bytes) -> AudioHeader:
    """The header, without decoding samples."""
    if coded := _coded_format(data):
        return _coded_header(data, coded)
    with _opened(data) as file:
        return _header(file)


@limited
def decode_audio(data: bytes) -> Waveform:
    """All samples of a recording that is whole."""
    if coded := _coded_format(data):
        return _decode_coded(data, coded)
    with _opened(data) as file:
        header = _header(file)
        _check_whole(data, header.format)
        return Waveform(_read(file, header.frames), header.rate)


@limited
def read_audio(recording: Recording) -> Waveform:
    """All samples, or those of the span alone."""
    data, of = recording
    if of is None:
        return decode_audio(data)
    header = probe_audio(data)
    check_within(of, header.duration)
    if coded := _coded_format(data):
        return _decode_coded(data, coded, of)
    with _opened(data) as file:
        first, last = _ends(of, header.rate, header.frames)
        file.seek(first)
        return Waveform(_read(file, last - first), header.rate)


def cut(waveform: Waveform, of: Span) -> Waveform:
    """The samples of a span of a whole recording, which must lie within it."""
    check_within(of, len(waveform.samples) / waveform.rate + STRAY)
    first, last = _ends(of, waveform.rate, len(waveform.samples))
    return Waveform(waveform.samples[first:last], waveform.rate)


@limited
def cut_audio(recording: Recording) -> bytes:
    """The recording as a FLAC file of its own; the same bytes for the same samples."""
    return encode_flac(read_audio(recording))


def encode_flac(waveform: Waveform) -> bytes:
    """Samples in 16 bits where these hold them exactly, else in 24."""
    out = BytesIO()
    steps = waveform.samples.astype(np.float64) * 2**15
    if (steps == np.rint(steps)).all() and np.abs(steps).max(initial=0) < 2**15:
        whole, subtype = steps.astype(np.int16), "PCM_16"
    else:
        wide = np.clip(np.rint(steps * 2**8), -(2**23), 2**23 - 1)
        whole, subtype = wide.astype(np.int32) << 8, "PCM_24"
    try:
        sf.write(out, whole, waveform.rate, format="FLAC", subtype=subtype)
    except (sf.SoundFileError, RuntimeError, ValueError) as error:
        raise Unreadable(f"cannot be written as FLAC: {_words(error)}") from None
    return out.getvalue()


def bounded(frames: int, channels: int) -> int:
    """The number of frames, when it is one that is decoded."""
    if frames <= 0:
        raise Unreadable("holds no sound: zero frames")
    if frames * channels > MOST_SAMPLES:
        raise Unreadable(f"{frames * channels} samples are more than the {MOST_SAMPLES} decoded")
    return frames


def _ends(of: Span, rate: int, frames: int) -> tuple[int, int]:
    """First sample of a span and the one after its last; a span has one sample at least."""
    first = min(round(of.start * rate), frames - 1)
    return first, max(first + 1, min(round(of.end * rate), frames))


def _read(file: sf.SoundFile, frames: int) -> np.ndarray:
    try:
        samples: np.ndarray = file.read(frames, dtype="float32", always_2d=True)
    except (sf.SoundFileError, RuntimeError) as error:
        raise Unreadable(_words(error)) from None
    if len(samples) != frames:
        raise Unreadable(f"truncated: {len(samples)} of {frames} frames are there")
    return _finite(samples)


def _finite(samples: np.ndarray) -> np.ndarray:
    if not np.isfinite(samples).all():
        raise Unreadable("holds samples that are no numbers")
    return samples


def _coded_format(data: bytes) -> str | None:
    """The format of what libav reads; None for what libsndfile is asked."""
    return container_format(data) or mpeg_format(data)


def _coded_header(data: bytes, form: str) -> AudioHeader:
    from curate.pairs.libav import duration, opened, sound_stream

    with opened(data, form) as container:
        stream = sound_stream(container)
        rate, channels = int(stream.rate or 0), int(stream.channels)
        seconds = duration(container, stream)
    return AudioHeader(form, rate, channels, bounded(round(seconds * rate), channels), seconds)


def _decode_coded(data: bytes, form: str, of: Span | None = None) -> Waveform:
    from curate.pairs.libav import opened, sound_samples, sound_stream

    header = _coded_header(data, form)
    if of is None:
        _check_coded(data, form)
    start, end = of or (0.0, header.duration)
    with opened(data, form) as container:
        stream = sound_stream(container)
        zero = float((stream.start_time or 0) * stream.time_base)
        samples, rate = sound_samples(container, start, end, zero)
    lacking = end - start - len(samples) / rate
    if lacking > STRAY or not len(samples):
        raise Unreadable(f"truncated: the last {lacking:.3f} s are not there")
    return Waveform(_finite(samples), rate)


def _check_coded(data: bytes, form: str) -> None:
    if form in ("MP3", "AAC"):
        check_mpeg(data, form)
    else:
        check_container(data, form)


def _opened(data: bytes) -> sf.SoundFile:
    if not data:
        raise Unreadable("the file is empty")
    if looks_like_mpeg(data):  # libsndfile's decoder of MP3 writes to the terminal
        raise Unreadable("damaged: begins like an MP3, but no frame follows")
    try:
        file = sf.SoundFile(BytesIO(data))
    except (sf.SoundFileError, RuntimeError, TypeError, ValueError) as error:
        raise Unreadable(_words(error)) from None
    if file.format not in FORMATS:
        file.close()
        raise Unreadable(f"format {file.format} is not supported")
    return file


def _header(file: sf.SoundFile) -> AudioHeader:
    channels, rate = file.channels, file.samplerate
    frames = bounded(file.frames, channels)
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
