"""Sensor streams: every form of file, spans, order, what is no stream, and sampling at ticks."""

from __future__ import annotations

import datetime as dt
from io import BytesIO

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from curate.errors import Unreadable
from curate.pairs.sensor import (
    SensorHeader,
    Stream,
    nearest,
    probe_sensor,
    read_stream,
    write_stream,
)
from curate.pairs.span import Recording, Span

TIMES = np.arange(100) / 10
VALUES = np.column_stack([np.sin(TIMES), np.cos(TIMES)])


def npy(array: np.ndarray) -> bytes:
    out = BytesIO()
    np.save(out, array)
    return out.getvalue()


def structured() -> np.ndarray:
    array = np.zeros(100, [("timestamp", "f8"), ("gyro", "f8", (2,))])
    array["timestamp"], array["gyro"] = TIMES, VALUES
    return array


def table(**columns: object) -> pl.DataFrame:
    return pl.DataFrame({"t": TIMES, "x": VALUES[:, 0], "y": VALUES[:, 1], **columns})


def parquet(frame: pl.DataFrame) -> bytes:
    out = BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


FILES = {
    "plane": ("NPY", npy(np.column_stack([TIMES, VALUES])), ("channel_1", "channel_2")),
    "structured": ("NPY", npy(structured()), ("gyro_1", "gyro_2")),
    "csv": ("CSV", table().write_csv().encode(), ("x", "y")),
    "parquet": ("PARQUET", parquet(table()), ("x", "y")),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_form_says_the_same(kind: str) -> None:
    form, data, names = FILES[kind]
    header = probe_sensor(data)
    assert header.rate == pytest.approx(10)
    assert header == SensorHeader(form, 100, 2, header.rate, 0.0, 9.9)
    stream = read_stream(Recording(data))
    assert stream.names == names
    assert np.array_equal(stream.times, TIMES)
    assert np.array_equal(stream.values, VALUES)


@pytest.mark.parametrize("kind", FILES)
def test_a_span_holds_its_start_and_not_its_end(kind: str) -> None:
    data = FILES[kind][1]
    stream = read_stream(Recording(data, Span(2.0, 5.0)))
    assert np.array_equal(stream.times, TIMES[20:50])
    header = probe_sensor(data, Span(2.0, 5.0))
    assert (header.samples, header.start, header.duration) == (30, 2.0, 3.0)
    assert probe_sensor(data, Span(0, 10)).samples == 100


@pytest.mark.parametrize("span", [Span(0, 11), Span(-1, 3), Span(20, 30), Span(3, 3)])
def test_spans_outside_are_unreadable(span: Span) -> None:
    with pytest.raises(Unreadable, match=r"lies outside the recording of 10\.0 s"):
        read_stream(Recording(FILES["csv"][1], span))


def test_a_span_between_two_samples_holds_none() -> None:
    with pytest.raises(Unreadable, match="the span holds no samples"):
        read_stream(Recording(FILES["csv"][1], Span(3.01, 3.09)))


@pytest.mark.parametrize(
    "moments",
    [
        [dt.datetime(2020, 1, 1) + dt.timedelta(milliseconds=100 * at) for at in range(100)],
        [dt.timedelta(milliseconds=100 * at) for at in range(100)],
        [dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(0, at / 10) for at in range(100)],
    ],
)
def test_dates_are_seconds_since_1970(moments: list[object]) -> None:
    frame = table().select(pl.Series("Time", moments), "x")
    stream = read_stream(Recording(parquet(frame)))
    assert np.allclose(stream.times - stream.times[0], TIMES, atol=1e-6)
    assert stream.times[0] in (0, dt.datetime(2020, 1, 1, tzinfo=dt.UTC).timestamp())


def test_samples_are_put_in_order_and_equal_times_stay_as_they_were() -> None:
    frame = pl.DataFrame({"time": [2, 1, 2, 1, 0], "v": [1.0, 2.0, 3.0, 4.0, None]})
    stream = read_stream(Recording(frame.write_csv().encode()))
    assert stream.times.tolist() == [0, 1, 1, 2, 2]
    assert np.array_equal(stream.values[:, 0], [np.nan, 2, 4, 1, 3], equal_nan=True)
    assert probe_sensor(frame.write_csv().encode()).rate == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (bytes(40), "not a sensor stream"),
        (b"a,b\n1,2\n", "no column of times: one of time, timestamp, t"),
        (b"time,v\n", "holds no samples"),
        (b"time\n1\n", "holds times and no channel"),
        (b"time,v\n1,2\n3", "the last line lacks values"),
        (b"time,v\n1,2\n,3\n", "sample 1 has no time"),
        (b"time,v\n1,2\ninf,3\n", "sample 1 has no time"),
        (b"time,v\n1,left\n", "the channel 'v' holds no numbers"),
        (b"time,v\nsoon,1\n", "neither seconds nor dates"),
        (npy(np.zeros(3)), r"an array of shape \(3,\)"),
        (npy(np.zeros((3, 1))), r"an array of shape \(3, 1\)"),
        (npy(np.array([{"time": 1}], dtype=object)), "allow_pickle=False"),
        (FILES["plane"][1][:-5], "EOF"),
        (FILES["parquet"][1][:-5], "(?i)parquet"),
        (b"\x93NUMPY" + bytes(10), "broken"),
    ],
)
def test_what_is_no_stream_says_so(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        probe_sensor(data)


def test_more_values_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.pairs.limited._inside", True)
    monkeypatch.setattr("curate.pairs.sensor.MOST_VALUES", 150)
    for _, data, _ in FILES.values():
        with pytest.raises(Unreadable, match="more than the 150"):
            probe_sensor(data)


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_one_wrong_bit_in_a_file_that_was_written_here_is_seen(place: float, bit: int) -> None:
    data = bytearray(write_stream(Stream(TIMES, VALUES, ("x", "y"))))
    data[int(place * data.index(b"PAR1", 4))] ^= 1 << bit
    try:
        again = read_stream(Recording(bytes(data)))
    except Unreadable:
        return
    assert np.array_equal(again.times, TIMES)
    assert np.array_equal(again.values, VALUES)


STREAMS = st.integers(1, 20).flatmap(
    lambda n: st.tuples(
        arrays(np.float64, n, elements=st.integers(-40, 40).map(lambda v: v / 4)).map(np.sort),
        arrays(np.float64, (n, 2), elements=st.floats(allow_infinity=False)),
    )
)


@given(STREAMS)
def test_what_is_written_is_read_again(parts: tuple[np.ndarray, np.ndarray]) -> None:
    stream = Stream(*parts, ("x", "y"))
    data = write_stream(stream)
    again = read_stream(Recording(data))
    assert np.array_equal(again.times, stream.times)
    assert np.array_equal(again.values, stream.values, equal_nan=True)
    assert data == write_stream(again)


@given(
    STREAMS,
    arrays(np.float64, st.integers(0, 20), elements=st.integers(-50, 50).map(lambda v: v / 8)),
    st.sampled_from([0.0, 0.125, 0.25, 3.0]),
)
def test_nearest_is_the_nearest(
    parts: tuple[np.ndarray, np.ndarray], ticks: np.ndarray, tolerance: float
) -> None:
    times, values = parts
    ticks = np.sort(ticks)
    found = nearest(ticks, Stream(times, values, ("x", "y")), tolerance)
    assert np.array_equal(found.times, ticks)
    for tick, row in zip(ticks, found.values, strict=True):
        far = np.abs(times - tick).min()
        earlier = times[np.abs(times - tick) == far].min()
        wanted = values[times == earlier] if far <= tolerance else np.full((1, 2), np.nan)
        assert any(np.array_equal(row, each, equal_nan=True) for each in wanted)


def test_nearest_by_hand() -> None:
    stream = Stream(np.array([0.0, 1.0, 2.0]), np.array([[1.0], [2.0], [3.0]]), ("v",))
    ticks = np.array([-1.0, 0.5, 0.6, 1.5, 2.4, 3.0])
    found = nearest(ticks, stream, 0.5)
    assert np.array_equal(found.values[:, 0], [np.nan, 1, 2, 2, 3, np.nan], equal_nan=True)
