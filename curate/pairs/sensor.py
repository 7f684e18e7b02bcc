"""Sensor streams: samples with times, one or more channels each.

NPY (structured, or two-dimensional with times in the first column), CSV and Parquet with a column
`time`, `timestamp` or `t`: seconds, or a date and time, whose seconds since 1970 count. Every other
column is a channel of numbers. A stream's clock is its own: spans hold start <= time < end on it.
Times must be finite; samples out of order are put in order, those of equal time stay as they were.
Nothing is unpickled. What fails is `Unreadable`. Every function may be called from several threads.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import polars as pl

from curate.errors import Unreadable
from curate.pairs.limited import limited
from curate.pairs.span import DECIMALS, Recording, Span, check_within

TIMES = ("time", "timestamp", "t")
"""Names of the column of times; the first that is there counts."""
MOST_VALUES = 250_000_000
"""Of all channels and times together: 2 GB in memory."""


@dataclass(frozen=True)
class SensorHeader:
    """What a stream says of itself: samples, channels, median rate in samples a second (0 when no
    two times differ), first time and seconds from it to the last.
    """

    format: str
    samples: int
    channels: int
    rate: float
    start: float
    duration: float


@dataclass(frozen=True, eq=False)
class Stream:
    """Times as rising float64 (n,) in seconds, values as float64 (n, channels); a value may be NaN,
    which stands for none.
    """

    times: np.ndarray
    values: np.ndarray
    names: tuple[str, ...]


@limited
def probe_sensor(data: bytes, span: Span | None = None) -> SensorHeader:
    """The header of a stream, or of a span of it; the whole file is read for it."""
    stream = read_stream(Recording(data, span))
    start, end = span or (float(stream.times[0]), float(stream.times[-1]))
    rate = 1 / _step(stream) if _step(stream) else 0.0
    samples, channels = stream.values.shape
    return SensorHeader(sensor_format(data), samples, channels, rate, start, end - start)


@limited
def read_stream(recording: Recording) -> Stream:
    """All samples, or those of the span."""
    stream = _whole(recording.data)
    return stream if recording.span is None else _cut(stream, recording.span)


def write_stream(stream: Stream, source: str | None = None) -> bytes:
    """A Parquet file with the column `time` and one per channel; the same bytes for the same stream.

    `source` is what it says of how it came about, as `curate.pairs.marks` has it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = dict(zip(stream.names, stream.values.T, strict=True))
    table = pa.table({"time": stream.times, **columns})
    if source is not None:
        table = table.replace_schema_metadata({"DigitalSourceType": source})
    out = BytesIO()
    pq.write_table(table, out, compression="zstd", write_page_checksum=True)
    return out.getvalue()


def nearest(ticks: np.ndarray, stream: Stream, tolerance: float) -> Stream:
    """The stream sampled at ticks, float64 seconds in rising order: at each the sample nearest in
    time, the earlier of two equally near, NaN where none lies within `tolerance` seconds.
    """
    after = np.searchsorted(stream.times, ticks, "left").clip(1, max(1, len(stream.times) - 1))
    before = after - 1
    if len(stream.times) < 2:
        after = before
    later = np.abs(stream.times[after] - ticks) < np.abs(ticks - stream.times[before])
    chosen = np.where(later, after, before)
    values = stream.values[chosen]
    values[np.abs(stream.times[chosen] - ticks) > tolerance] = np.nan
    return Stream(np.asarray(ticks, np.float64), values, stream.names)


def sensor_format(data: bytes) -> str:
    """NPY, PARQUET or CSV, by the content's first bytes."""
    if not data:
        raise Unreadable("the file is empty")
    if data.startswith(b"\x93NUMPY"):
        return "NPY"
    if data.startswith(b"PAR1"):
        return "PARQUET"
    if b"\0" in data[:1024]:
        raise Unreadable(f"not a sensor stream: it begins with {data[:8].hex(' ')}")
    return "CSV"


def _cut(stream: Stream, span: Span) -> Stream:
    """The last sample stands for a step of time, so that a span may end with it; the first lies in
    a span that begins at the microsecond before it.
    """
    first_time, last_time = map(float, stream.times[[0, -1]])
    since, until = math.floor(first_time * 10**DECIMALS) / 10**DECIMALS, last_time + _step(stream)
    check_within(Span(span.start - since, span.end - since), until - since)
    first, last = np.searchsorted(stream.times, span, "left")
    if first == last:
        raise Unreadable("the span holds no samples")
    return Stream(stream.times[first:last], stream.values[first:last], stream.names)


def _step(stream: Stream) -> float:
    """Median seconds between times that differ; 0 when none do."""
    steps = np.diff(np.unique(stream.times))
    return float(np.median(steps)) if len(steps) else 0.0


def _whole(data: bytes) -> Stream:
    read = {"NPY": _from_npy, "PARQUET": _from_parquet, "CSV": _from_csv}[sensor_format(data)]
    try:
        return _stream(read(data))
    except (Unreadable, MemoryError):
        raise
    except Exception as error:
        words = str(error).strip().partition("\n")[0] or type(error).__name__
        raise Unreadable(f"broken: {words}") from None


def _from_npy(data: bytes) -> pl.DataFrame:
    array = np.load(BytesIO(data), allow_pickle=False)
    _check_size(array.size * max(1, len(array.dtype.names or ())))
    if array.dtype.names and array.ndim == 1:
        return pl.DataFrame(dict(_fields(array)))
    if array.ndim != 2 or array.shape[1] < 2:
        raise Unreadable(f"an array of shape {array.shape} is no stream of times and values")
    names = ["time", *(f"channel_{at}" for at in range(1, array.shape[1]))]
    return pl.DataFrame(dict(zip(names, array.T, strict=True)))


def _fields(array: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Columns of a structured array; a field of several numbers is as many columns."""
    for name in array.dtype.names or ():
        if array[name].ndim == 1:
            yield name, array[name]
        else:
            columns = array[name].reshape(len(array), -1).T
            yield from ((f"{name}_{at}", column) for at, column in enumerate(columns, 1))


def _from_parquet(data: bytes) -> pl.DataFrame:
    import pyarrow.parquet as pq

    footer = pq.read_metadata(BytesIO(data))
    _check_size(footer.num_rows * footer.num_columns)
    table = pq.read_table(BytesIO(data), page_checksum_verification=True)
    # Polars panics at names that are no UTF-8; Python complains in words.
    plain = table.rename_columns(list(table.column_names)).replace_schema_metadata()
    try:
        frame = pl.from_arrow(plain)
    except pl.exceptions.PanicException:
        raise Unreadable("broken: its schema cannot be read") from None
    assert isinstance(frame, pl.DataFrame)
    return frame


def _from_csv(data: bytes) -> pl.DataFrame:
    """The last line must be as long as the first: more cannot be known of whether all is there."""
    lines = data.strip()
    first, last = lines.partition(b"\n")[0], lines.rpartition(b"\n")[2]
    if b'"' not in first and first.count(b",") != last.count(b","):
        raise Unreadable("truncated or damaged: the last line lacks values")
    _check_size(data.count(b"\n") * (first.count(b",") + 1))
    return pl.read_csv(data, infer_schema_length=None, try_parse_dates=True)


def _check_size(values: int) -> None:
    if values > MOST_VALUES:
        raise Unreadable(f"{values} values are more than the {MOST_VALUES} that are read")


def _stream(table: pl.DataFrame) -> Stream:
    name = _time_column(table.columns)
    if not table.height:
        raise Unreadable("holds no samples")
    times = _seconds(table[name])
    if not np.isfinite(times).all():
        raise Unreadable(f"sample {int(np.argmin(np.isfinite(times)))} has no time")
    channels = table.drop(name)
    if not channels.width:
        raise Unreadable("holds times and no channel")
    values = np.column_stack([_numbers(channel) for channel in channels])
    if (np.diff(times) < 0).any():
        order = np.argsort(times, kind="stable")
        times, values = times[order], values[order]
    return Stream(times, values, tuple(channels.columns))


def _time_column(names: list[str]) -> str:
    """Spelled as in `TIMES`, or in capitals."""
    for spelled in (names, [name.lower() for name in names]):
        for wanted in TIMES:
            if wanted in spelled:
                return names[spelled.index(wanted)]
    raise Unreadable(f"has no column of times: one of {', '.join(TIMES)}")


def _seconds(times: pl.Series) -> np.ndarray:
    kind = times.dtype
    if kind.is_numeric():
        return _numbers(times)
    if isinstance(kind, (pl.Datetime, pl.Date)):
        return _numbers(times.cast(pl.Datetime("ns")).cast(pl.Int64)) / 1e9
    if isinstance(kind, (pl.Duration, pl.Time)):
        return _numbers(times.cast(pl.Duration("ns")).cast(pl.Int64)) / 1e9
    raise Unreadable(f"the column '{times.name}' holds neither seconds nor dates")


def _numbers(channel: pl.Series) -> np.ndarray:
    if not (channel.dtype.is_numeric() or channel.dtype in (pl.Boolean, pl.Null)):
        raise Unreadable(f"the channel '{channel.name}' holds no numbers")
    return channel.cast(pl.Float64).fill_null(float("nan")).to_numpy()
