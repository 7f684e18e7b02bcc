"""Header, whole decoding and cuts of films, as the engine calls them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

import polars as pl
import pytest

from curate.measures.measure import Measure
from curate.measures.video import VIDEO_CUT, VIDEO_DECODE, VIDEO_PROBE
from curate.pairs.identity import content_hash
from curate.pairs.span import Recording, Span
from curate.pairs.video import probe_video
from tests.recordings import film, tone

FILM = film(sound=tone(1.6))


def measured(measure: Measure, payloads: Sequence[Recording]) -> pl.DataFrame:
    module, _, factory = measure.compute.partition(":")
    frame: pl.DataFrame = getattr(importlib.import_module(module), factory)(measure, {})(payloads)
    assert {n: t for n, t in frame.schema.items() if n != "error"} == dict(measure.returns)
    return frame


def test_probe_keeps_order_and_tells_failures() -> None:
    payloads = [Recording(FILM), Recording(b""), Recording(FILM, Span(0.4, 1.0))]
    frame = measured(VIDEO_PROBE, [*payloads, Recording(FILM, Span(1, 9))])
    assert frame["duration"].to_list() == pytest.approx([1.6, None, 0.6, None])
    assert frame["has_sound"].to_list() == [True, None, True, None]
    assert frame["error"].to_list() == [
        None,
        "the file is empty",
        None,
        "the span 1.0\u20139.0 s lies outside the recording of 1.6 s",
    ]


def test_decode_counts_frames_or_says_what_is_wrong() -> None:
    payloads = [Recording(FILM), Recording(FILM[:-99]), Recording(FILM, Span(0.4, 1.0))]
    frame = measured(VIDEO_DECODE, payloads)
    assert frame["frames"].to_list() == [40, None, 15]
    assert frame["error"][1].startswith("truncated")


def test_cuts_are_named_by_their_bytes() -> None:
    frame = measured(VIDEO_CUT, [Recording(FILM, Span(0.4, 1.0)), Recording(FILM[:500])])
    file, hashed, error = frame.row(0)
    assert (hashed, error) == (content_hash(file), None)
    assert probe_video(file).frames == 15
    assert frame["error"][1]


@pytest.mark.parametrize("measure", [VIDEO_PROBE, VIDEO_DECODE, VIDEO_CUT])
def test_nothing_gives_nothing(measure: Measure) -> None:
    assert measured(measure, []).is_empty()
