"""Header, whole reading and cuts of sensor streams, as the engine calls them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest

from curate.measures.measure import Measure
from curate.measures.sensor import SENSOR_CUT, SENSOR_DECODE, SENSOR_PROBE
from curate.pairs.identity import content_hash
from curate.pairs.sensor import Stream, read_stream, write_stream
from curate.pairs.span import Recording, Span

STREAM = Stream(np.arange(50) / 10, np.arange(100.0).reshape(50, 2), ("x", "y"))
FILE = write_stream(STREAM)


def measured(measure: Measure, payloads: Sequence[Any]) -> pl.DataFrame:
    module, _, factory = measure.compute.partition(":")
    frame: pl.DataFrame = getattr(importlib.import_module(module), factory)(measure, {})(payloads)
    assert {n: t for n, t in frame.schema.items() if n != "error"} == dict(measure.returns)
    return frame


def test_probe_keeps_order_and_tells_failures() -> None:
    payloads = [Recording(FILE), Recording(b""), Recording(FILE, Span(1, 2))]
    frame = measured(SENSOR_PROBE, payloads)
    assert frame["samples"].to_list() == [50, None, 10]
    assert frame["duration"].to_list() == pytest.approx([4.9, None, 1.0])
    assert frame["rate"].to_list() == pytest.approx([10, None, 10])
    assert frame["error"].to_list() == [None, "the file is empty", None]


def test_decode_tells_times_values_and_names_apart() -> None:
    streams = [
        STREAM,
        Stream(STREAM.times + 1, STREAM.values, STREAM.names),
        Stream(STREAM.times, STREAM.values + 1, STREAM.names),
        Stream(STREAM.times, STREAM.values, ("x", "z")),
    ]
    frame = measured(SENSOR_DECODE, streams)
    assert frame["stream_sha256"].n_unique() == 4
    assert frame["samples"].to_list() == [50] * 4


def test_cuts_are_parquet_files_named_by_their_bytes() -> None:
    part = read_stream(Recording(FILE, Span(1, 2)))
    file, hashed = measured(SENSOR_CUT, [part]).row(0)
    assert hashed == content_hash(file)
    assert np.array_equal(read_stream(Recording(file)).values, STREAM.values[10:20])


@pytest.mark.parametrize("measure", [SENSOR_PROBE, SENSOR_DECODE, SENSOR_CUT])
def test_nothing_gives_nothing(measure: Measure) -> None:
    assert measured(measure, []).is_empty()
