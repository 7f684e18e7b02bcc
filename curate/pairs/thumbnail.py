"""Media made small enough to be shown by the hundred in one file.

A picture becomes WebP with no side longer than `SIDE`, transparent parts kept; a recording the MP3 of
its first seconds, in one channel; a film the MP4 of its first seconds, with what is heard. Every
current browser plays these. The same bytes for the same content; nothing of the file's metadata.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from curate.errors import Unreadable
from curate.pairs.image import drawn
from curate.pairs.limited import limited

if TYPE_CHECKING:
    from curate.pairs.audio import Waveform

SIDE = 128
"""Pixels of a picture's longer side."""
FILM_SIDE = 160
FILM_RATE = 10.0
"""Frames a second, at most."""
HEARD, SEEN = 4.0, 3.0
"""Seconds of a recording and of a film."""
SOUND_RATE, SOUND_BITS = 16_000, 24_000
MOST_BYTES = 100_000
"""A thumbnail that cannot be made smaller is none."""
_QUALITY = 70
_RATE_FACTORS = (30, 38, 46)


class Thumbnail(NamedTuple):
    """A small file that stands for a content."""

    mime: str
    data: bytes
    seconds: tuple[float, float] | None = None
    """Of a clip: what is played, and how long the whole is."""


def thumbnail(data: bytes, modality: str) -> Thumbnail | None:
    """The content of a file made small; None where that cannot be done, or it is no image, audio or video.

    Whatever a decoder or an encoder objects to is no reason to fail for the sake of a thumbnail.
    """
    try:
        made = _made(drawn(data) if modality == "image" else data, modality)
    except Unreadable:
        return None
    return made if made is not None and len(made.data) <= MOST_BYTES else None


@limited
def _made(data: bytes, modality: str) -> Thumbnail | None:
    make = {"image": _picture, "audio": _sound, "video": _film}.get(modality)
    try:
        return make(data) if make else None
    except MemoryError:
        raise
    except Exception:
        return None


def _picture(data: bytes) -> Thumbnail:
    from curate.pairs.image import reduced_image

    out = BytesIO()
    reduced_image(data, SIDE).save(out, "WEBP", quality=_QUALITY)
    return Thumbnail("image/webp", out.getvalue())


def _sound(data: bytes) -> Thumbnail:
    from curate.pairs.audio import probe_audio, read_audio
    from curate.pairs.span import Recording, span

    whole = probe_audio(data).duration
    played = min(HEARD, whole)
    heard = read_audio(Recording(data, span(0, played)))
    return Thumbnail("audio/mpeg", _mp3(_mono(heard)), (played, whole))


def _film(data: bytes) -> Thumbnail:
    from curate.pairs.film import Coding, write_film
    from curate.pairs.video import beginning, probe_video

    whole = probe_video(data).duration
    played = min(SEEN, whole)
    frames, sound = beginning(data, played, FILM_RATE, FILM_SIDE)
    heard = None if sound is None else _mono(sound)
    for factor in _RATE_FACTORS:
        made = write_film(frames, 0.0, played, heard, Coding(factor, SOUND_BITS))
        if len(made) <= MOST_BYTES:
            break
    return Thumbnail("video/mp4", made, (played, whole))


def _mono(sound: Waveform) -> Waveform:
    return replace(sound, samples=sound.samples.mean(axis=1, keepdims=True))


def _mp3(sound: Waveform) -> bytes:
    import av
    from av.codec.context import Flags

    out = BytesIO()
    settings = {"fflags": "+bitexact", "write_xing": "0", "id3v2_version": "0"}
    with av.open(out, "w", format="mp3", container_options=settings) as container:
        track: Any = container.add_stream("libmp3lame", rate=SOUND_RATE, layout="mono")
        track.bit_rate = SOUND_BITS
        track.codec_context.flags |= Flags.bitexact
        for frame in _resampled(sound, track):
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return out.getvalue()


def _resampled(sound: Waveform, track: Any) -> Iterator[Any]:
    """Frames at the rate and of the kind that a track's encoder takes."""
    import av
    import numpy as np

    resampler = av.AudioResampler(track.format, "mono", SOUND_RATE, frame_size=track.frame_size)
    whole: Any = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(sound.samples.T, np.float32), "fltp", "mono"
    )
    whole.sample_rate, whole.pts = sound.rate, 0
    for frame in (whole, None):
        yield from resampler.resample(frame)
