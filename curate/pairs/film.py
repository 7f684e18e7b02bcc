"""Writes films: MP4 with H.264 and AAC, the same bytes for the same frames and sound.

One thread, fixed settings, and nothing in the file that tells of time, place or program.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from io import BytesIO
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import av
import numpy as np
from av.codec.context import Flags

from curate.errors import Unreadable

if TYPE_CHECKING:
    from av.container import OutputContainer

    from curate.pairs.audio import Waveform

CLOCK = Fraction(1, 90000)
FILE = {"fflags": "+bitexact"}
PICTURE = {"preset": "veryfast", "mbtree": "0"}
"""x264's macroblock tree gives other bytes in every other run, even on one thread."""
SOUND = {"aac_coder": "fast"}
"""Nearer to the samples than libav's other coder: 57 against 24 dB on a sudden tone at 64 kbit/s."""
SOUND_FRAME = 1024
SOUND_RATES = (48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
"""Those of AAC that every player plays; a sound of another is brought to the first."""
LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}


class Coding(NamedTuple):
    """How much is kept of pictures (x264's rate factor, lower is better) and of sound (bits a second
    of each channel).
    """

    rate_factor: int
    sound_bits: int


FULL = Coding(18, 96_000)


def write_film(
    frames: Iterable[Any],
    start: float,
    end: float,
    sound: Waveform | None,
    coding: Coding = FULL,
) -> bytes:
    """Frames shown from `start` up to `end` seconds of their own clock; the file's begins at 0.

    What is turned stays turned by a mark in the file; odd sides are scaled to even ones.
    """
    timed = _timed(iter(frames), start, end)
    first = next(timed, None)
    if first is None:
        raise Unreadable("holds no frames")
    out = BytesIO()
    with av.open(out, "w", format="mp4", container_options=FILE) as container:
        picture = _picture(container, first, coding)
        heard = sound is not None and len(sound.samples)
        track = _track(container, sound, coding) if heard and sound is not None else None
        for frame in chain([first], timed):
            container.mux(picture.encode(_even(frame)))
        container.mux(picture.encode(None))
        if track is not None and sound is not None:
            _write_sound(container, track, sound)
    return out.getvalue()


def _timed(frames: Iterator[Any], start: float, end: float) -> Iterator[Any]:
    """Frames on the file's clock, each with how long it is shown."""
    for frame, after in pairwise(chain(frames, [None])):
        shown = end if after is None else after.time
        if shown == float("inf"):
            shown = frame.time + float(frame.duration * frame.time_base)
        begin, until = (round((time - start) / CLOCK) for time in (frame.time, shown))
        yield frame, begin, until - begin


def _picture(container: OutputContainer, first: Any, coding: Coding) -> Any:
    frame, _, _ = first
    options = PICTURE | {"crf": str(coding.rate_factor)}
    stream: Any = container.add_stream("libx264", options=options)
    stream.width, stream.height = frame.width // 2 * 2 or 2, frame.height // 2 * 2 or 2
    stream.pix_fmt = "yuv420p"
    stream.time_base = stream.codec_context.time_base = CLOCK
    context = stream.codec_context
    context.thread_count = 1
    context.flags |= Flags.bitexact | Flags.frame_duration
    context.colorspace, context.color_range = frame.colorspace, frame.color_range
    context.color_primaries, context.color_trc = frame.color_primaries, frame.color_trc
    if frame.rotation:
        stream.set_display_rotation(frame.rotation)
    return stream


def _even(timed: Any) -> Any:
    frame, begin, length = timed
    even = frame.reformat(frame.width // 2 * 2 or 2, frame.height // 2 * 2 or 2, "yuv420p")
    even.pts, even.duration, even.time_base = begin, length, CLOCK
    even.pict_type = 0
    return even


def _track(container: OutputContainer, sound: Waveform, coding: Coding) -> Any:
    channels = sound.samples.shape[1]
    if channels not in LAYOUTS:
        raise Unreadable(f"{channels} channels cannot be written as AAC")
    rate = sound.rate if sound.rate in SOUND_RATES else SOUND_RATES[0]
    stream: Any = container.add_stream("aac", rate=rate, layout=LAYOUTS[channels], options=SOUND)
    stream.bit_rate = coding.sound_bits * channels
    stream.codec_context.flags |= Flags.bitexact
    return stream


def _write_sound(container: OutputContainer, track: Any, sound: Waveform) -> None:
    resampler = av.AudioResampler("fltp", track.layout, track.rate, frame_size=SOUND_FRAME)
    for frame in chain(_sound_frames(track.layout, sound), [None]):
        for made in resampler.resample(frame):
            container.mux(track.encode(made))
    container.mux(track.encode(None))


def _sound_frames(layout: Any, sound: Waveform) -> Iterator[Any]:
    for at in range(0, len(sound.samples), SOUND_FRAME):
        part = np.ascontiguousarray(sound.samples[at : at + SOUND_FRAME].T)
        frame: Any = av.AudioFrame.from_ndarray(part, "fltp", layout.name)
        frame.sample_rate, frame.pts = sound.rate, at
        frame.time_base = Fraction(1, sound.rate)
        yield frame
