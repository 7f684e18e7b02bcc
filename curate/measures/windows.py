"""Windows of a recording whose ticks keep time, and how other recordings go with them.

The ticks are the times of a video's frames or of a sensor's samples. Windows begin at the first
tick and lie `step` apart; a window holds the ticks with start <= tick < end and is whole: none
reaches past the last tick by more than the usual distance of two, or past the recording. Starts are
cut, not rounded, to the microsecond, so that no tick falls out of a window that it begins.

A tick is covered by another recording that has a sample within `tolerance` seconds of it, or that
still sounds. Samples without a number do not count. With `nearest`, a sensor's values nearest to
the ticks are given as streams, one per window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import polars as pl

from curate.errors import Unreadable
from curate.measures.measure import Compute, Measure
from curate.pairs.span import DECIMALS, Recording

if TYPE_CHECKING:
    from curate.pairs.sensor import Stream

Times: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

GRID: dict[str, pl.DataType | type[pl.DataType]] = {
    "start": pl.List(pl.Float64),
    "end": pl.List(pl.Float64),
}
COVERED: dict[str, pl.DataType | type[pl.DataType]] = {
    **GRID,
    "coverage": pl.List(pl.Float64),
    "distance": pl.List(pl.Float64),
}
"""Per window: how much of it the recording lasts, the share of ticks that are covered, and how far
the farthest of those is from its sample, in seconds (null when none is)."""
SAMPLED = {**COVERED, "bytes": pl.List(pl.Binary)}

_LIBRARIES = {"audio": ("soundfile",), "video": ("av",), "sensor": ("pyarrow",)}
_EXTRAS = {"video": "video"}


def window_grid(modality: str, window: float, step: float) -> Measure:
    """Declares starts and ends of the windows of one recording."""
    return Measure(
        name=f"{modality}.windows",
        version=1,
        of=(modality,),
        returns=GRID,
        compute="curate.measures.windows:of_one",
        view="bytes",
        params={"modality": modality, "window": window, "step": step},
        libraries=_LIBRARIES[modality],
        extra=_EXTRAS.get(modality),
        chunk=4,
    )


def window_join(
    clock: str, other: str, window: float, step: float, tolerance: float, *, nearest: bool
) -> Measure:
    """Declares how a recording covers the windows of the one that keeps time, named first."""
    return Measure(
        name=f"{other}.{'nearest' if nearest else 'coverage'}",
        version=1,
        of=(clock, other),
        returns=SAMPLED if nearest else COVERED,
        compute="curate.measures.windows:of_two",
        view="bytes",
        params={
            "modalities": [clock, other],
            "window": window,
            "step": step,
            "tolerance": tolerance,
            "nearest": nearest,
        },
        libraries=tuple(dict.fromkeys(_LIBRARIES[clock] + _LIBRARIES[other])),
        extra=_EXTRAS.get(clock) or _EXTRAS.get(other),
        chunk=4,
    )


def of_one(measure: Measure, models: Mapping[str, Path]) -> Compute:
    modality = measure.params["modality"]

    def row(recording: Recording) -> dict[str, Any]:
        at = ticks(recording, modality)
        spans = grid(at, measure.params["window"], measure.params["step"])
        if len(spans):
            spans = np.clip(spans, *_cut(_lasts(recording, modality, at)))
        return {"start": spans[:, 0], "end": spans[:, 1]}

    return _each(row, measure)


def of_two(measure: Measure, models: Mapping[str, Path]) -> Compute:
    clock, other = measure.params["modalities"]
    tolerance = measure.params["tolerance"]

    def row(both: tuple[Recording, Recording]) -> dict[str, Any]:
        at = ticks(both[0], clock)
        spans = grid(at, measure.params["window"], measure.params["step"])
        parts = [slice(*np.searchsorted(at, span)) for span in spans]
        times = _samples(at, both[1], other)
        cut = np.clip(spans, *_cut(_lasts(both[1], other, times)))
        distances = [nearest_distance(at[part], times) for part in parts]
        if measure.params["nearest"]:
            return _said(cut, distances, tolerance) | _sampled(at, parts, both[1], tolerance)
        empty = np.searchsorted(times, cut[:, 0]) == np.searchsorted(times, cut[:, 1])
        held = [far + np.inf if none else far for far, none in zip(distances, empty, strict=True)]
        return _said(cut, held, tolerance)

    return _each(row, measure)


def grid(ticks: Times, window: float, step: float) -> Times:
    """(windows, 2): starts and ends, in seconds."""
    if len(ticks) < 2:
        return np.zeros((0, 2))
    room = ticks[-1] + np.median(np.diff(ticks)) - ticks[0] - window
    count = max(0, int(np.floor(room / step + 1e-6)) + 1)
    starts = ticks[0] + step * np.arange(count)
    return _cut(np.stack([starts, starts + window], axis=1))


def ticks(recording: Recording, modality: str) -> Times:
    """When frames are shown or samples were taken, rising."""
    if modality == "sensor":
        return np.asarray(_stream(recording).times, np.float64)
    from curate.pairs.video import frame_times

    return frame_times(recording)


def nearest_distance(ticks: Times, times: Times) -> Times:
    """How far each tick is from the nearest of the rising `times`; infinite when there is none."""
    edges = np.concatenate([[-np.inf], times, [np.inf]])
    after = np.searchsorted(edges, ticks)
    return np.asarray(np.minimum(edges[after] - ticks, ticks - edges[after - 1]))


def _samples(at: Times, recording: Recording, modality: str) -> Times:
    """When samples were taken; a sound is there at every tick at which it lasts."""
    if modality == "audio":
        return np.clip(at, *_lasts(recording, modality, at))
    times = ticks(recording, modality)
    if not len(times):
        raise Unreadable("holds no samples with a number")
    return times


def _lasts(recording: Recording, modality: str, times: Times) -> Times:
    """From when to when a recording lasts; a sensor's last sample stands for a step of time."""
    if modality == "sensor":
        step = np.median(np.diff(times)) if len(times) > 1 else 0.0
        return np.array([times[0], times[-1] + step])
    ends = np.array([0.0, _duration(recording.data, modality)])
    return ends if recording.span is None else np.clip(recording.span, *ends)


def _duration(data: bytes, modality: str) -> float:
    if modality == "audio":
        from curate.pairs.audio import probe_audio

        return probe_audio(data).duration
    from curate.pairs.video import probe_video

    return probe_video(data).duration


def _said(cut: Times, distances: list[Times], tolerance: float) -> dict[str, Any]:
    """The columns of `COVERED` from each window's ends and its ticks' distances to samples."""
    near = [far[far <= tolerance] for far in distances]
    counts = zip(near, distances, strict=True)
    return {
        "start": cut[:, 0],
        "end": cut[:, 1],
        "coverage": [
            round(len(some) / len(all_), 6) if len(all_) else 0.0 for some, all_ in counts
        ],
        "distance": [round(float(some.max()), DECIMALS) if len(some) else None for some in near],
    }


def _sampled(
    at: Times, parts: list[slice], recording: Recording, tolerance: float
) -> dict[str, Any]:
    from curate.pairs.sensor import Stream, nearest, write_stream

    found = nearest(at, _stream(recording), tolerance)
    cut = [Stream(found.times[part], found.values[part], found.names) for part in parts]
    return {"bytes": [write_stream(stream) for stream in cut]}


def _stream(recording: Recording) -> Stream:
    """The samples that hold a number."""
    from curate.pairs.sensor import Stream, read_stream

    stream = read_stream(recording)
    known = np.isfinite(stream.values).any(axis=1)
    return Stream(stream.times[known], stream.values[known], stream.names)


def _cut(seconds: Times) -> Times:
    """To the microsecond below; what is a hair short of a microsecond is that microsecond."""
    scale = 10.0**DECIMALS
    return np.asarray(np.floor(seconds * scale + 1e-4) / scale)


def _each(row: Callable[[Any], dict[str, Any]], measure: Measure) -> Compute:
    schema = {**measure.returns, "error": pl.String}

    def guarded(payload: Any) -> dict[str, Any]:
        try:
            return row(payload)
        except Unreadable as error:
            return {"error": error.message}

    def compute(payloads: Sequence[Any]) -> pl.DataFrame:
        return pl.DataFrame([guarded(payload) for payload in payloads], schema=schema)

    return compute
