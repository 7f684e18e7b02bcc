"""What is measured of sensor streams: header, whole reading; and the files that spans make when they
are released.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from curate.errors import Unreadable
from curate.measures.measure import Compute, Measure
from curate.pairs.identity import content_hash
from curate.pairs.marks import source_type
from curate.pairs.sensor import Stream, probe_sensor, write_stream
from curate.pairs.span import Recording

HEADER: dict[str, type[pl.DataType]] = {
    "format": pl.String,
    "samples": pl.Int64,
    "channels": pl.Int32,
    "rate": pl.Float64,
    "start": pl.Float64,
    "duration": pl.Float64,
    "source_type": pl.String,
}
READ: dict[str, type[pl.DataType]] = {"stream_sha256": pl.String, "samples": pl.Int64}
CUT: dict[str, type[pl.DataType]] = {"bytes": pl.Binary, "bytes_sha256": pl.String}

SENSOR_PROBE = Measure(
    name="sensor.probe",
    version=2,
    of=("sensor",),
    returns=HEADER,
    compute="curate.measures.sensor:probe",
    view="bytes",
    chunk=64,
)
SENSOR_DECODE = Measure(
    name="sensor.decode",
    version=1,
    of=("sensor",),
    returns=READ,
    compute="curate.measures.sensor:decode",
)
SENSOR_CUT = Measure(
    name="sensor.cut",
    version=1,
    of=("sensor",),
    returns=CUT,
    compute="curate.measures.sensor:parquet",
    libraries=("pyarrow",),
)
"""The stream as a Parquet file's bytes, and their SHA-256."""


def probe(measure: Measure, models: Mapping[str, Path]) -> Compute:
    """Headers, those of spans of what lies in them; what has none says why in `error`."""
    return lambda payloads: pl.DataFrame(
        [_header(recording) for recording in payloads],
        schema={**HEADER, "error": pl.String},
        orient="row",
    )


def decode(measure: Measure, models: Mapping[str, Path]) -> Compute:
    """Evidence that a stream was read whole: the hash of its samples, and how many they are."""
    return lambda payloads: pl.DataFrame(
        [(stream_hash(stream), len(stream.times)) for stream in payloads],
        schema=READ,
        orient="row",
    )


def parquet(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(payloads: Sequence[Stream]) -> pl.DataFrame:
        files = [write_stream(stream) for stream in payloads]
        return pl.DataFrame(
            {"bytes": files, "bytes_sha256": [content_hash(file) for file in files]}, schema=CUT
        )

    return compute


def stream_hash(stream: Stream) -> str:
    """SHA-256 of channel names, times and values."""
    digest = hashlib.sha256("\0".join(stream.names).encode())
    for array in (stream.times, stream.values):
        digest.update(np.ascontiguousarray(array, "<f8").data)
    return digest.hexdigest()


def _header(recording: Recording) -> tuple[str | int | float | None, ...]:
    try:
        header = probe_sensor(recording.data, recording.span)
    except Unreadable as error:
        return (*[None] * len(HEADER), error.message)
    return (
        header.format,
        header.samples,
        header.channels,
        header.rate,
        header.start,
        header.duration,
        source_type(recording.data),
        None,
    )
