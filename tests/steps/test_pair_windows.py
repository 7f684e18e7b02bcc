"""`pair: {time: …, window: …}`: recordings on one clock become pairs of windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.ledger.verdict import VERDICT
from curate.measures.windows import grid, nearest_distance
from curate.pairs.sensor import Stream, read_stream, write_stream
from curate.pairs.span import Recording, Span
from curate.steps.pair_time import PairTime
from curate.steps.step import Outcome
from tests.film import film
from tests.steps.asked import Asked, fields

FIELDS = fields(
    film="video", ticker="sensor", accel="sensor", gyro="sensor", label="metadata", note="text"
)
WINDOW = {"time": ["ticker", "accel", "gyro"], "window": 2.0}


def stream(times: np.ndarray, channels: int = 3, seed: int = 0) -> Stream:
    values = np.random.default_rng(seed).normal(size=(len(times), channels))
    return Stream(np.asarray(times, np.float64), values, tuple("xyz"[:channels]))


def fifty_hertz(seconds: float, seed: int) -> Stream:
    """Samples with a jitter of 20 ms, of which 3 % are missing."""
    chance = np.random.default_rng(seed)
    times = np.arange(0, seconds, 0.02) + chance.uniform(-0.01, 0.01, round(seconds * 50))
    return stream(np.sort(times[chance.random(len(times)) >= 0.03]), seed=seed)


def frames(seconds: float, rate: int = 25) -> Stream:
    return stream(np.arange(round(seconds * rate)) / rate, 1)


def table(**streams: Stream | None) -> tuple[pl.DataFrame, dict[str, Any]]:
    """One pair of whole recordings, and their payloads by key."""
    row: dict[str, Any] = {"pair_id": "pair", "label": "walk", "note": "n", "note_sha256": "t"}
    for name, content in streams.items():
        key = None if content is None else name
        row |= {f"{name}_sha256": key, f"{name}_file_sha256": key}
        row |= {f"{name}_start": None, f"{name}_end": None}
    kinds = dict.fromkeys(row, pl.String) | {
        f"{name}_{end}": pl.Float64 for name in streams for end in ("start", "end")
    }
    payloads = {n: Recording(write_stream(s)) for n, s in streams.items() if s is not None}
    return pl.DataFrame([row], schema=kinds), payloads


def decided(step: dict[str, Any], **streams: Stream | None) -> Outcome:
    rows, payloads = table(**streams)
    outcome = PairTime.parse(step).decide(rows, Asked(FIELDS, payloads))
    assert outcome.verdicts.schema == VERDICT
    assert outcome.added is not None
    return outcome


def by_hand(tick: float, samples: Stream, tolerance: float) -> set[tuple[float, ...]]:
    """The values that a sample nearest to the tick may have: two, when it lies in the middle."""
    distances = [abs(time - tick) for time in samples.times]
    nearest = min(distances, default=np.inf)
    if nearest > tolerance:
        return {(np.inf,) * len(samples.names)}
    return {tuple(v) for v, d in zip(samples.values, distances, strict=True) if d == nearest}


def assert_joined(joined: Stream, samples: Stream, tolerance: float) -> None:
    for tick, values in zip(joined.times, np.nan_to_num(joined.values, nan=np.inf), strict=True):
        assert tuple(values) in by_hand(tick, samples, tolerance)


def test_two_streams_at_25_frames_a_second() -> None:
    """As a search through all recorded timestamps joins them, frame by frame."""
    streams = {"accel": fifty_hertz(20, 1), "gyro": fifty_hertz(20, 2)}
    outcome = decided({**WINDOW, "nearest": True}, ticker=frames(20), **streams)
    added = outcome.added
    assert added is not None
    assert added["ticker_start"].to_list() == list(range(0, 20, 2))
    for name, samples in streams.items():
        parts = [read_stream(Recording(data)) for data in added[f"{name}_bytes"]]
        assert [len(part.times) for part in parts] == [50] * 10
        assert np.concatenate([part.times for part in parts]).tolist() == frames(20).times.tolist()
        for part in parts:
            assert_joined(part, samples, 0.02)
    assert min(added["score"]) >= 0.9
    assert outcome.verdicts.row(0)[1:3] == ("paired", "cut in windows")
    assert outcome.verdicts["detail"][0] == "windows made: 10"


def test_two_streams_at_the_frames_of_a_film() -> None:
    """Frames that are shown late now and then, as cameras do; 25 a second in the mean."""
    late = np.random.default_rng(3).integers(0, 15, 250)
    shown = (np.arange(250) * 40 + late) / 1000
    rows, payloads = table(film=frames(1), accel=fifty_hertz(10, 1), gyro=fifty_hertz(10, 2))
    payloads["film"] = Recording(film(shown))
    step = {"time": ["film", "accel", "gyro"], "window": 1.0, "nearest": True}
    added = PairTime.parse(step).decide(rows, Asked(FIELDS, payloads)).added
    assert added is not None
    assert added.height >= 8
    for start, end, *parts in added.select(
        "film_start", "film_end", "accel_bytes", "gyro_bytes"
    ).iter_rows():
        ticks = shown[(shown >= start) & (shown < end)]
        for data, samples in zip(parts, (fifty_hertz(10, 1), fifty_hertz(10, 2)), strict=True):
            joined = read_stream(Recording(data))
            assert joined.times == pytest.approx(ticks, abs=1e-9)
            assert_joined(joined, samples, 0.02)


def test_what_is_said_goes_to_the_windows_it_overlaps() -> None:
    """Texts in the order of time; what lies in no window is out, and so is not lost in silence."""
    rows, payloads = table(ticker=frames(6))
    said = [("second", 1.5, 2.5), ("first", 0.2, 1.0), ("late", 6.5, 7.0), ("third", 2.6, 3.9)]
    lines = pl.concat(
        rows.with_columns(
            pl.lit(word).alias("pair_id"),
            pl.lit(word).alias("note"),
            pl.lit(start).alias("ticker_start"),
            pl.lit(end).alias("ticker_end"),
            pl.lit(word).alias("ticker_sha256"),
        )
        for word, start, end in said
    )
    whole = rows.with_columns(note=pl.lit(None, pl.String))
    step = PairTime.parse({"time": ["ticker"], "window": 2, "texts": ["note"]})
    outcome = step.decide(pl.concat([whole, lines]), Asked(FIELDS, payloads))
    added = outcome.added
    assert added is not None
    assert added["note"].to_list() == ["first second", "second third", None]
    assert added["parents"].to_list() == [
        ["pair", "first", "second"],
        ["pair", "second", "third"],
        ["pair"],
    ]
    verdicts = dict(outcome.verdicts.select("pair_id", "verdict").iter_rows())
    assert verdicts.pop("late") == "drop"
    assert set(verdicts.values()) == {"paired"}


TIMES = st.lists(st.integers(0, 3000), max_size=60, unique=True).map(sorted)


@given(ticks=TIMES, samples=TIMES, tolerance=st.sampled_from([0.005, 0.02, 0.5]))
def test_any_streams_join_as_by_hand(
    ticks: list[int], samples: list[int], tolerance: float
) -> None:
    sampled = stream(np.array(samples) / 1000)
    clock = stream(np.array(ticks) / 1000, 1)
    step = {"time": ["ticker", "accel"], "window": 0.5, "tolerance": tolerance, "coverage": 0.5}
    outcome = decided({**step, "nearest": True}, ticker=clock, accel=sampled)
    assert outcome.added is not None
    for start, end, data in outcome.added.select(
        "ticker_start", "ticker_end", "accel_bytes"
    ).iter_rows():
        part = read_stream(Recording(data))
        inside = (clock.times >= start) & (clock.times < end)
        assert part.times.tolist() == clock.times[inside].tolist()
        assert_joined(part, sampled, tolerance)
        known = np.isfinite(part.values).all(axis=1)
        assert known.mean() >= 0.5


@given(ticks=TIMES.filter(lambda ticks: len(ticks) > 1), step=st.sampled_from([0.1, 1 / 3, 0.5]))
def test_windows_tile_the_clock(ticks: list[int], step: float) -> None:
    """Each tick lies in at most one window, and only the last ticks in none."""
    times = np.array(ticks) / 7
    windows = grid(times, step, step)
    assert (windows[1:, 0] == windows[:-1, 1]).all()
    inside = ((times[:, None] >= windows[:, 0]) & (times[:, None] < windows[:, 1])).sum(axis=1)
    assert inside.max(initial=0) <= 1
    assert (np.diff(inside) <= 0).all()


@given(ticks=TIMES, times=TIMES)
def test_distances(ticks: list[int], times: list[int]) -> None:
    found = nearest_distance(np.array(ticks, float), np.array(times, float))
    assert found.tolist() == [min((abs(at - t) for t in times), default=np.inf) for at in ticks]


def test_windows_without_samples_are_counted_not_made() -> None:
    accel = fifty_hertz(20, 1)
    hole = accel.times[(accel.times < 6) | (accel.times > 11)]
    outcome = decided(WINDOW, ticker=frames(20), accel=stream(hole), gyro=fifty_hertz(9, 2))
    added = outcome.added
    assert added is not None
    assert added["ticker_start"].to_list() == [0, 2, 4]
    assert outcome.verdicts["detail"][0] == "windows made: 3; left out: accel 3, gyro 4"


def test_windows_carry_what_the_pair_says() -> None:
    outcome = decided({**WINDOW, "step": 1.0}, ticker=frames(5), accel=frames(5), gyro=None)
    added = outcome.added
    assert added is not None
    first = added.row(1, named=True)
    assert first == {
        "parents": ["pair"],
        "reason": "window",
        "score": 1.0,
        "detail": "accel within 0.0 s",
        "label": "walk",
        "note": "n",
        "note_sha256": "t",
        "ticker_file_sha256": "ticker",
        "accel_file_sha256": "accel",
        "gyro_file_sha256": None,
        "ticker_start": 1.0,
        "ticker_end": 3.0,
        "accel_start": 1.0,
        "accel_end": 3.0,
        "gyro_start": None,
        "gyro_end": None,
    }
    assert added["ticker_start"].to_list() == [0, 1, 2, 3]


def test_samples_without_a_number_cover_nothing() -> None:
    accel = frames(4)
    accel.values[60:] = np.nan
    outcome = decided({**WINDOW, "time": ["ticker", "accel"]}, ticker=frames(4), accel=accel)
    assert outcome.verdicts["detail"][0] == "windows made: 1; left out: accel 1"


@pytest.mark.parametrize(
    ("streams", "verdict", "reason"),
    [
        ({"ticker": None, "accel": frames(3)}, "not_assessed", "no ticker to keep time"),
        ({"ticker": frames(1), "accel": frames(3)}, "drop", "shorter than a window"),
        ({"ticker": frames(3), "accel": frames(1)}, "drop", "no window with enough samples"),
    ],
)
def test_recordings_that_give_no_window(
    streams: dict[str, Stream | None], verdict: str, reason: str
) -> None:
    outcome = decided({"time": ["ticker", "accel"], "window": 2}, **streams)
    assert outcome.verdicts.row(0)[1:3] == (verdict, reason)
    assert outcome.added is not None
    assert outcome.added.is_empty()


@pytest.mark.parametrize("broken", ["ticker", "accel"])
def test_what_cannot_be_read_says_so(broken: str) -> None:
    rows, payloads = table(ticker=frames(3), accel=frames(3))
    payloads[broken] = Recording(b"no stream")
    step = PairTime.parse({"time": ["ticker", "accel"], "window": 2})
    said = step.decide(rows, Asked(FIELDS, payloads)).verdicts
    assert said.row(0)[1:3] == ("unreadable", f"{broken} unreadable")
    assert said["detail"][0].startswith(f"{broken}: ")


def test_windows_of_a_span_stay_inside_it() -> None:
    rows, payloads = table(ticker=frames(20), accel=frames(20))
    payloads |= {
        name: Recording(payloads[name].data, Span(5.0, 10.5)) for name in ("ticker", "accel")
    }
    step = PairTime.parse({"time": ["ticker", "accel"], "window": 2})
    added = step.decide(rows, Asked(FIELDS, payloads)).added
    assert added is not None
    assert added["ticker_start"].to_list() == [5, 7]


@given(
    ticks=TIMES.filter(lambda times: len(times) > 1),
    samples=TIMES.filter(lambda times: len(times) > 0),
    since=st.sampled_from([0, 1.7e9]),
)
def test_every_span_can_be_cut(ticks: list[int], samples: list[int], since: float) -> None:
    """Whatever the times: a span holds the ticks of its window and ends with its recording."""
    clock, sampled = (stream(since + np.array(times) / 700) for times in (ticks, samples))
    step = {"time": ["ticker", "accel"], "window": 0.5, "tolerance": 0.05, "coverage": 0.9}
    outcome = decided(step, ticker=clock, accel=sampled)
    assert outcome.added is not None
    for name, content in (("ticker", clock), ("accel", sampled)):
        spans = outcome.added.select(f"{name}_start", f"{name}_end").iter_rows()
        for start, end in spans:
            part = read_stream(Recording(write_stream(content), Span(start, end)))
            assert len(part.times) > 0
