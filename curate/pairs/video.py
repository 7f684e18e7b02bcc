"""Films: what their header says, when their frames are shown, and the pictures where scenes begin.

MP4, MOV, WebM, MKV and AVI, by content. Frames are RGB and upright. Times are the recording's own,
in seconds, as its container states them; a span holds the frames with start <= time < end. What
fails is `Unreadable`. Every function may be called from several threads and prints nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.stream import Disposition
from av.video.reformatter import Interpolation

from curate.errors import Unreadable
from curate.pairs.audio import Waveform, bounded
from curate.pairs.container import check_container, container_format
from curate.pairs.film import CLOCK, write_film
from curate.pairs.libav import duration, frames_from, opened, sound_samples, sound_stream
from curate.pairs.limited import limited
from curate.pairs.span import Recording, Span, check_within

if TYPE_CHECKING:
    from av.container import InputContainer

FORMATS = ("MP4", "MOV", "WEBM", "MKV", "AVI")
MOST_PIXELS = 1 << 26
"""Of one frame: twice those of 8K."""
GREY_SIDE = 32
REDUCED = Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
"""Area means, the same on every processor."""
SCENE = 12.0
"""Mean difference of grey levels (of 255) to the frame before, from which a scene may begin."""
STILLER = 2.0
"""How many times larger that difference is than the two before it."""


@dataclass(frozen=True)
class VideoHeader:
    """What a film says of itself; `width` and `height` in pixels of the upright frames, `rate` in
    frames a second, `duration` in seconds.
    """

    format: str
    codec: str
    width: int
    height: int
    rate: float
    frames: int | None
    duration: float
    has_sound: bool


@limited
def probe_video(data: bytes) -> VideoHeader:
    """The header, and of the frames only the first."""
    form = _format(data)
    with opened(data, form) as container:
        stream = _stream(container)
        first = next(_frames(container, stream, None), None)
        if first is None:
            raise Unreadable("holds no frames")
        width, height = first.width, first.height
        return VideoHeader(
            format=form,
            codec=stream.codec_context.codec.canonical_name,
            width=height if first.rotation % 180 else width,
            height=width if first.rotation % 180 else height,
            rate=float(stream.average_rate or stream.guessed_rate or 0),
            frames=stream.frames or None,
            duration=duration(container, stream),
            has_sound=bool(container.streams.audio),
        )


@limited
def check_video(data: bytes, span: Span | None = None) -> int:
    """The number of frames of a film, or of a span of it, whose every picture and sound decodes."""
    form = _format(data)
    with opened(data, form) as container:
        if span is None:
            check_container(data, form)
            count = _check_packets(container)
        else:
            check_within(span, duration(container, _stream(container)))
            count = _check_frames(_frames(container, _stream(container), span))
            if container.streams.audio:
                _sound(container, span)
    if not count:
        raise Unreadable("holds no frames")
    return count


@limited
def frame_times(recording: Recording) -> np.ndarray:
    """Times at which frames are shown, float64 seconds, rising; decoded only where not stated."""
    with opened(recording.data, _format(recording.data)) as container:
        stream = _stream(container)
        packets = [p for p in container.demux(stream) if p.size and not p.is_discard]
        if any(packet.pts is None for packet in packets):
            times = [frame.time for frame in _frames(container, stream, None)]
        else:
            times = sorted(float(packet.pts * stream.time_base) for packet in packets)
    shown = np.array(times, np.float64)
    start, end = recording.span or (0.0, np.inf)
    return shown[(shown >= start) & (shown < end)]


@limited
def scene_frames(recording: Recording, at_most: int = 8) -> list[tuple[float, np.ndarray]]:
    """Time and picture, uint8 (height, width, 3), of the first frame and of those where scenes
    begin: frames that differ suddenly from the one before, in grey and at 32x32 pixels. Of more
    than `at_most`, that many at even steps through them.
    """
    with opened(recording.data, _format(recording.data)) as container:
        stream = _stream(container)
        times = _thinned(_scene_times(container, stream, recording.span), at_most)
        return [(time, _upright(_frame_at(container, stream, time))) for time in times]


@limited
def small_frames(recording: Recording, rate: float, side: int) -> np.ndarray:
    """Pictures at even times from the first frame's, `rate` a second: the frame that is then shown,
    as uint8 (pictures, side, side, 3), each pixel the mean of its area.
    """
    with opened(recording.data, _format(recording.data)) as container:
        shown = _frames(container, _stream(container), recording.span)
        seen = [_small(frame, side) for frame in _evenly(shown, rate)]
    if not seen:
        raise Unreadable("holds no frames")
    return np.stack(seen)


@limited
def sound(recording: Recording) -> Waveform:
    """The film's first sound on the film's clock; `Unreadable` when there is none."""
    with opened(recording.data, _format(recording.data)) as container:
        heard = _sound(container, recording.span)
    if not len(heard.samples):
        raise Unreadable("holds no sound")
    return heard


@limited
def cut_video(recording: Recording) -> bytes:
    """The recording as an MP4 file of its own (H.264, AAC), its clock beginning at 0.

    The same bytes for the same recording: one thread, nothing of time or place.
    """
    start, end = recording.span or (0.0, np.inf)
    with opened(recording.data, _format(recording.data)) as container:
        heard = _sound(container, recording.span) if container.streams.audio else None
        frames = _frames(container, _stream(container), recording.span)
        return write_film(frames, start, end, heard)


def beginning(
    data: bytes, seconds: float, rate: float, side: int
) -> tuple[list[Any], Waveform | None]:
    """The frames of a film's first seconds, at most `rate` a second, upright and with no side longer
    than `side`, on a clock that begins with the first of them; and what is heard.
    """
    with opened(data, _format(data)) as container:
        stream = _stream(container)
        frames: list[Any] = []
        start = None
        for frame in _frames(container, stream, None):
            start = frame.time if start is None else start
            if frame.time >= start + seconds:
                break
            if frame.time >= start + len(frames) / rate:
                frames.append(_reduced(frame, frame.time - start, side))
    if not frames:
        raise Unreadable("holds no frames")
    return frames, _heard(data, Span(0.0, seconds))


def _reduced(frame: Any, time: float, side: int) -> Any:
    """An upright frame of its own, shown at a time in seconds."""
    scale = min(1.0, side / max(frame.width, frame.height))
    width, height = (max(2, round(n * scale / 2) * 2) for n in (frame.width, frame.height))
    pixels = frame.reformat(width, height, "rgb24", interpolation=REDUCED).to_ndarray()
    turned = np.ascontiguousarray(np.rot90(pixels, frame.rotation // 90 % 4))
    made = av.VideoFrame.from_ndarray(turned, "rgb24").reformat(format="yuv420p")
    made.pts, made.time_base = round(time / CLOCK), CLOCK
    return made


def _heard(data: bytes, span: Span) -> Waveform | None:
    with opened(data, _format(data)) as container:
        return _sound(container, span) if container.streams.audio else None


def _sound(container: InputContainer, span: Span | None) -> Waveform:
    stream = sound_stream(container)
    start, end = span or (0.0, np.inf)
    seconds = min(end, duration(container, stream)) - start
    bounded(max(1, round(seconds * stream.rate)), stream.channels)
    return Waveform(*sound_samples(container, start, end))


def _format(data: bytes) -> str:
    if not data:
        raise Unreadable("the file is empty")
    found = container_format(data)
    if found in FORMATS:
        return str(found)
    raise Unreadable(
        f"format {found} is no film" if found else f"not a film: it begins with {data[:8].hex(' ')}"
    )


def _stream(container: InputContainer) -> Any:
    """The first stream of pictures that is not a cover."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            pixels = stream.codec_context.width * stream.codec_context.height
            if pixels > MOST_PIXELS:
                raise Unreadable(f"{pixels} pixels are more than the {MOST_PIXELS} decoded")
            return stream
    raise Unreadable("holds no pictures")


def _frames(container: InputContainer, stream: Any, span: Span | None) -> Iterator[Any]:
    """Frames of a span, or all, in the order they are shown."""
    start, end = span or (-np.inf, np.inf)
    for frame in frames_from(container, stream, start):
        if frame.time is None:
            raise Unreadable("holds a frame without a time")
        if frame.time >= end:
            return
        if frame.time >= start:
            yield frame


def _check_packets(container: InputContainer) -> int:
    """The number of frames, when no packet of picture or sound is lacking or damaged."""
    stream = _stream(container)
    frames, packets = 0, 0
    for packet in container.demux(stream, *container.streams.audio[:1]):
        if packet.is_corrupt:
            raise Unreadable("damaged: a packet is not whole")
        decoded = packet.decode()
        if packet.stream is stream:
            packets += packet.size > 0
            frames += _check_frames(decoded)
    if packets < stream.frames:
        raise Unreadable(f"truncated: {packets} of {stream.frames} frames are there")
    return frames


def _check_frames(frames: Iterable[Any]) -> int:
    count = 0
    for frame in frames:
        count += 1
        if frame.is_corrupt:
            raise Unreadable("damaged: a frame cannot be decoded")
    return count


def _scene_times(container: InputContainer, stream: Any, span: Span | None) -> list[float]:
    times: list[float] = []
    steps: list[float] = []
    before = None
    for frame in _frames(container, stream, span):
        grey = _grey(frame)
        steps.append(0.0 if before is None else float(np.abs(grey - before).mean()))
        times.append(frame.time)
        before = grey
    if not times:
        raise Unreadable("holds no frames")
    return [times[at] for at in np.flatnonzero(_begins_scene(np.array(steps)))]


def _begins_scene(steps: np.ndarray) -> np.ndarray:
    """Whether each frame does, by its step from the one before: a large one, and no motion that
    went on before. Two steps are looked back on, as films repeat frames; before the first stands
    what is usual in the film.
    """
    usual = np.median(steps[1:]) if len(steps) > 1 else 0.0
    moved = np.concatenate([[usual, usual], steps])
    before = np.maximum(moved[:-2], moved[1:-1])
    begins: np.ndarray = (steps >= SCENE) & (steps >= STILLER * before)
    begins[0] = True
    return begins


def _grey(frame: Any) -> np.ndarray:
    small = frame.reformat(GREY_SIDE, GREY_SIDE, "gray8", interpolation=REDUCED)
    grey: np.ndarray = small.to_ndarray().astype(np.int16)
    return grey


def _evenly(frames: Iterable[Any], rate: float) -> Iterator[Any]:
    """The frame that is shown at each of even times, up to the last frame's; one may be repeated."""
    before, first, taken = None, 0.0, 0
    for frame in frames:
        if before is None:
            before, first = frame, frame.time
        while first + taken / rate < frame.time:
            yield before
            taken += 1
        before = frame
    if before is not None:
        yield before


def _small(frame: Any, side: int) -> np.ndarray:
    pixels = frame.reformat(side, side, "rgb24", interpolation=REDUCED).to_ndarray()
    return np.ascontiguousarray(np.rot90(pixels, frame.rotation // 90 % 4))


def _thinned(times: list[float], at_most: int) -> list[float]:
    if len(times) <= at_most:
        return times
    return [times[at * len(times) // at_most] for at in range(at_most)]


def _frame_at(container: InputContainer, stream: Any, time: float) -> Any:
    for frame in frames_from(container, stream, time):
        if frame.time is not None and frame.time >= time:
            return frame
    raise Unreadable(f"the frame at {time:.3f} s cannot be found again")


def _upright(frame: Any) -> np.ndarray:
    """Pixels as RGB, turned as the container says they are shown."""
    pixels = frame.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(pixels, frame.rotation // 90 % 4))
