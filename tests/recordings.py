"""Films, coded sounds and sensor streams that are made here, of which everything is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from io import BytesIO
from typing import Any

import av
import numpy as np

CODECS = {
    "mp4": ("libx264", "aac"),
    "mov": ("libx264", "aac"),
    "webm": ("libvpx-vp9", "libopus"),
    "matroska": ("libx264", "flac"),
    "avi": ("mpeg4", "pcm_s16le"),
}
SCENES = ((200, 40, 40), (90, 160, 220), (240, 240, 120), (10, 60, 10))
RATE = 25


def pictures(frames_a_scene: int = 10, width: int = 96, height: int = 64) -> Iterator[np.ndarray]:
    """Scenes of one colour each, through which a bright square moves from left to right."""
    for number, colour in enumerate(SCENES):
        for at in range(frames_a_scene):
            picture = np.full((height, width, 3), colour, np.uint8)
            left = (width - 16) * (number * frames_a_scene + at) // (len(SCENES) * frames_a_scene)
            picture[24:40, left : left + 16] = 255
            yield picture


def tone(seconds: float, rate: int = 48000, pitch: float = 440.0) -> np.ndarray:
    """Float32 (2, frames): a sine on the left, half as loud on the right."""
    wave = 0.5 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)
    return np.stack([wave, wave / 2]).astype(np.float32)


def film(
    form: str = "mp4",
    times: Sequence[float] | None = None,
    sound: np.ndarray | None = None,
    rotation: int = 0,
    gop: int = 12,
    frames: Sequence[np.ndarray] | None = None,
    options: dict[str, str] | None = None,
) -> bytes:
    """A film of `pictures`, shown at `times` or at 25 frames a second, with a sound or none."""
    shown = list(pictures()) if frames is None else frames
    times = [at / RATE for at in range(len(shown))] if times is None else times
    out = BytesIO()
    with av.open(out, "w", format=form, options=options or {}) as container:
        stream: Any = container.add_stream(CODECS[form][0], rate=RATE)
        stream.height, stream.width = shown[0].shape[:2]
        stream.pix_fmt, stream.gop_size = "yuv420p", gop
        stream.codec_context.thread_count = 1
        if form == "avi":
            stream.max_b_frames = 0
        clock = Fraction(1, RATE if form == "avi" else 1000)
        stream.time_base = stream.codec_context.time_base = clock
        if rotation:
            stream.set_display_rotation(rotation)
        track = None if sound is None else _track(container, CODECS[form][1])
        for picture, time in zip(shown, times, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(time / clock), clock
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            _write(container, track, sound, 48000)
    return out.getvalue()


def coded_sound(form: str, codec: str, samples: np.ndarray, rate: int = 48000) -> bytes:
    """A sound of samples (channels, frames) in a format that libsndfile does not write."""
    out = BytesIO()
    with av.open(out, "w", format=form) as container:
        _write(container, _track(container, codec, rate), samples, rate)
    return out.getvalue()


def _track(container: Any, codec: str, rate: int = 48000) -> Any:
    options = {"aac_coder": "fast"} if codec == "aac" else {}
    track = container.add_stream(codec, rate=rate, layout="stereo", options=options)
    track.bit_rate = 128_000
    return track


def _write(container: Any, track: Any, samples: np.ndarray, rate: int) -> None:
    if not track.codec_context.is_open:
        track.codec_context.open()
    size = track.codec_context.frame_size or 1024
    resampler = av.AudioResampler(track.format.name, "stereo", rate, frame_size=size)
    frame: Any = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", "stereo")
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    for part in (frame, None):
        for made in resampler.resample(part):
            container.mux(track.encode(made))
    container.mux(track.encode(None))
