"""Films and sounds opened with libav: from memory, silently, and only as what they are.

The demuxer is named by the content's first bytes and never guessed by libav, which would also
take playlists that point at other files. Whatever libav objects to is `Unreadable`, in its words.
One thread per decoder: contents are decoded side by side. Thread-safe, as nothing is shared.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, Any

import av
import av.logging
import numpy as np

from curate.errors import Unreadable

if TYPE_CHECKING:
    from av.container import InputContainer

DEMUXERS = {
    "MP4": "mov",
    "MOV": "mov",
    "M4A": "mov",
    "WEBM": "matroska",
    "MKV": "matroska",
    "AVI": "avi",
    "ASF": "asf",
    "MP3": "mp3",
    "AAC": "aac",
}
SLACK = 0.05
"""Seconds that a sound's stated times may stray from its samples; containers round them."""
LEAD = 1.0
"""Seconds that decoding begins before a span, for frames that are stored out of order."""

av.logging.set_level(None)


@contextmanager
def opened(data: bytes, form: str) -> Iterator[InputContainer]:
    """The container; whatever goes wrong until it is closed is unreadable."""
    try:
        with av.open(
            BytesIO(data), "r", format=DEMUXERS[form], metadata_errors="replace"
        ) as container:
            _one_thread(container)
            yield container
    except Unreadable:
        raise
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise Unreadable(_words(error)) from None


def _one_thread(container: InputContainer) -> None:
    for stream in (*container.streams.video, *container.streams.audio):
        if stream.codec_context is None:
            raise Unreadable("holds a stream that no decoder is known for")
        stream.codec_context.thread_count = 1


def duration(container: InputContainer, stream: Any) -> float:
    """Seconds up to which the recording runs: as stated, or up to the stream's last packet where
    nothing is stated (live recordings) or only guessed from the size of the file.
    """
    if container.duration is not None and container.format.name not in ("mp3", "aac"):
        return float(container.duration / av.time_base)
    ends = [p.pts + (p.duration or 0) for p in container.demux(stream) if p.pts is not None]
    return float((max(ends, default=0) - (stream.start_time or 0)) * stream.time_base)


def sound_stream(container: InputContainer) -> Any:
    """The first stream of sound."""
    if not container.streams.audio:
        raise Unreadable("holds no sound")
    return container.streams.audio[0]


def frames_from(container: InputContainer, stream: Any, start: float) -> Iterator[Any]:
    """Decoded frames in the order they are shown, from a key frame before `start` seconds.

    Before the key frame stand frames that lean on others which were not decoded; they are left out.
    A key frame that turns out to be shown after the start means that the index misled: then all is
    decoded from the beginning.
    """
    if start > LEAD:
        container.seek(int((start - LEAD) / stream.time_base), stream=stream)
        frames = container.decode(stream)
        first = next((frame for frame in frames if _is_key(frame)), None)
        if first is not None and first.time is not None and first.time <= start:
            yield from chain([first], frames)
            return
    container.seek(container.start_time or 0)
    yield from container.decode(stream)


def _is_key(frame: Any) -> bool:
    return bool(getattr(frame, "key_frame", True))


def sound_samples(
    container: InputContainer, start: float, end: float, zero: float = 0.0
) -> tuple[np.ndarray, int]:
    """Samples of the first sound as float32 (frames, channels), and their rate.

    They lie on a clock that begins at `zero` of the container's, from `start` up to `end` seconds:
    a sound that begins late begins with silence, one that has ended is empty.
    """
    stream = sound_stream(container)
    parts, rate, at = [], int(stream.rate or 0), None
    for frame in frames_from(container, stream, start + zero):
        if frame.sample_rate != rate:
            raise Unreadable("changes its sample rate")
        at = _place(None if frame.time is None else frame.time - zero, rate, at)
        if at >= end * rate:
            break
        if at + frame.samples > start * rate:
            parts.append((at, _samples(frame)))
        at += frame.samples
    if not parts:
        return np.zeros((0, stream.channels), np.float32), rate
    last = max(begin + len(samples) for begin, samples in parts)
    return _laid(parts, round(start * rate), round(min(end * rate, last))), rate


def _place(time: float | None, rate: int, expected: int | None) -> int:
    """The number of a frame's first sample: where the last frame ended, unless its time says that
    something lies between.
    """
    if time is None:
        return expected or 0
    near = expected is not None and abs(time * rate - expected) <= SLACK * rate
    return expected if expected is not None and near else round(time * rate)


def _laid(parts: list[tuple[int, np.ndarray]], first: int, last: int) -> np.ndarray:
    laid = np.zeros((max(0, last - first), parts[0][1].shape[1]), np.float32)
    for at, samples in parts:
        begin, end = max(at, first), min(at + len(samples), last)
        if begin < end:
            laid[begin - first : end - first] = samples[begin - at : end - at]
    return laid


def _samples(frame: Any) -> np.ndarray:
    """Float32 (frames, channels), full scale at ±1."""
    channels, raw = len(frame.layout.channels), frame.to_ndarray()
    samples = raw.T if frame.format.is_planar else raw.reshape(-1, channels)
    floats: np.ndarray = np.ascontiguousarray(samples, np.float32)
    if samples.dtype == np.uint8:
        return (floats - 128) / 128
    return floats / 2 ** (8 * samples.itemsize - 1) if samples.dtype.kind == "i" else floats


def _words(error: Exception) -> str:
    words = getattr(error, "strerror", None) or str(error)
    return f"broken: {words}" if words else "the decoder failed and does not say why"
