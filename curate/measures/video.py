"""What is measured of films without any model: header, whole decoding; and the files that spans make
when they are released.

The payload is a `Recording` in both views; each measure decodes the frames that it needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from curate.errors import Unreadable
from curate.measures.measure import Compute, Measure
from curate.pairs.identity import content_hash
from curate.pairs.marks import source_type
from curate.pairs.span import Recording, check_within
from curate.pairs.video import check_video, cut_video, probe_video

HEADER: dict[str, type[pl.DataType]] = {
    "format": pl.String,
    "codec": pl.String,
    "width": pl.Int32,
    "height": pl.Int32,
    "rate": pl.Float64,
    "duration": pl.Float64,
    "has_sound": pl.Boolean,
    "source_type": pl.String,
}
DECODED: dict[str, type[pl.DataType]] = {"frames": pl.Int32}
CUT: dict[str, type[pl.DataType]] = {"bytes": pl.Binary, "bytes_sha256": pl.String}

VIDEO_PROBE = Measure(
    name="video.probe",
    version=2,
    of=("video",),
    returns=HEADER,
    compute="curate.measures.video:probe",
    view="bytes",
    libraries=("av",),
    chunk=64,
)
VIDEO_DECODE = Measure(
    name="video.decode",
    version=1,
    of=("video",),
    returns=DECODED,
    compute="curate.measures.video:decode",
    libraries=("av",),
    chunk=4,
)
VIDEO_CUT = Measure(
    name="video.cut",
    version=1,
    of=("video",),
    returns=CUT,
    compute="curate.measures.video:mp4",
    libraries=("av",),
    chunk=4,
)
"""The recording as an MP4 file's bytes, and their SHA-256."""


def probe(measure: Measure, models: Mapping[str, Path]) -> Compute:
    """Headers, the duration that of the span; what has none says why in `error`."""
    return lambda payloads: pl.DataFrame(
        [_header(recording) for recording in payloads],
        schema={**HEADER, "error": pl.String},
        orient="row",
    )


def decode(measure: Measure, models: Mapping[str, Path]) -> Compute:
    """Evidence that every picture and sound decodes: how many pictures there are."""
    return lambda payloads: pl.DataFrame(
        [_decoded(recording) for recording in payloads],
        schema={**DECODED, "error": pl.String},
        orient="row",
    )


def mp4(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(payloads: Sequence[Recording]) -> pl.DataFrame:
        return pl.DataFrame(
            [_cut(recording) for recording in payloads],
            schema={**CUT, "error": pl.String},
            orient="row",
        )

    return compute


def _header(recording: Recording) -> tuple[str | int | float | bool | None, ...]:
    data, span = recording
    try:
        header = probe_video(data)
        if span is not None:
            check_within(span, header.duration)
    except Unreadable as error:
        return (*[None] * len(HEADER), error.message)
    return (
        header.format,
        header.codec,
        header.width,
        header.height,
        header.rate,
        header.duration if span is None else span.duration,
        header.has_sound,
        source_type(data),
        None,
    )


def _decoded(recording: Recording) -> tuple[int | str | None, ...]:
    try:
        return (check_video(recording.data, recording.span), None)
    except Unreadable as error:
        return (None, error.message)


def _cut(recording: Recording) -> tuple[bytes | str | None, ...]:
    try:
        file = cut_video(recording)
    except Unreadable as error:
        return (None, None, error.message)
    return (file, content_hash(file), None)
