"""Header, whole decoding, level and silence of recordings, as the engine calls them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from curate.measures.audio import AUDIO_CUT, AUDIO_DECODE, AUDIO_LEVEL, AUDIO_PROBE, FLOOR
from curate.measures.measure import Measure
from curate.pairs.audio import Waveform, decode_audio
from curate.pairs.identity import content_hash
from curate.pairs.span import Recording, Span

RATE = 8000


def measured(measure: Measure, payloads: Sequence[Any]) -> pl.DataFrame:
    module, _, factory = measure.compute.partition(":")
    frame: pl.DataFrame = getattr(importlib.import_module(module), factory)(measure, {})(payloads)
    values = {name: kind for name, kind in frame.schema.items() if name != "error"}
    assert values == dict(measure.returns)
    return frame


def sine(amplitude: float = 0.5, seconds: float = 1.0, channels: int = 1) -> np.ndarray:
    wave = amplitude * np.sin(np.arange(int(RATE * seconds)) * np.pi / 4)
    return np.repeat(wave[:, None], channels, axis=1).astype("f4")


def level(samples: np.ndarray) -> dict[str, float]:
    return measured(AUDIO_LEVEL, [Waveform(samples, RATE)]).row(0, named=True)


def test_probe_keeps_order_and_tells_failures() -> None:
    out = BytesIO()
    sf.write(out, sine(channels=2), RATE, format="FLAC")
    frame = measured(
        AUDIO_PROBE, [Recording(data) for data in (out.getvalue(), b"", out.getvalue())]
    )
    assert frame.rows() == [
        ("FLAC", RATE, 2, 1.0, None, None),
        (None, None, None, None, None, "the file is empty"),
        ("FLAC", RATE, 2, 1.0, None, None),
    ]


def test_a_span_has_its_own_duration_and_lies_within() -> None:
    out = BytesIO()
    sf.write(out, sine(), RATE, format="FLAC")
    spans = [Span(0.25, 0.75), Span(0, 1.01), Span(0.5, 3), Span(2, 3), Span(0.5, 0.5)]
    frame = measured(AUDIO_PROBE, [Recording(out.getvalue(), span) for span in spans])
    assert frame["duration"].to_list() == [0.5, 1.01, None, None, None]
    assert frame["error"].to_list()[2:] == [
        f"the span {ends} s lies outside the recording of 1.0 s"
        for ends in ("0.5\u20133.0", "2.0\u20133.0", "0.5\u20130.5")
    ]


def test_cuts_are_flac_files_of_the_same_samples() -> None:
    sound = Waveform(np.round(sine(channels=2) * 2**15) / np.float32(2**15), RATE)
    file, hashed = measured(AUDIO_CUT, [sound]).row(0)
    assert hashed == content_hash(file)
    again = decode_audio(file)
    assert again.rate == RATE
    assert np.array_equal(again.samples, sound.samples)
    assert measured(AUDIO_CUT, [sound, sound])["bytes"].to_list() == [file, file]


@pytest.mark.parametrize("measure", [AUDIO_PROBE, AUDIO_DECODE, AUDIO_LEVEL, AUDIO_CUT])
def test_nothing_gives_nothing(measure: Measure) -> None:
    assert measured(measure, []).is_empty()


def test_decode_tells_samples_channels_and_rates_apart() -> None:
    sounds = [
        Waveform(sine(), RATE),
        Waveform(sine(), RATE * 2),
        Waveform(sine(0.4), RATE),
        Waveform(sine().reshape(-1, 2), RATE),
    ]
    frame = measured(AUDIO_DECODE, sounds)
    assert frame["samples_sha256"].n_unique() == 4
    assert frame["seconds"].to_list() == [1.0, 0.5, 1.0, 0.5]


def test_levels_of_a_sine() -> None:
    for channels in (1, 2):
        found = level(sine(0.5, channels=channels))
        assert found["rms_dbfs"] == pytest.approx(-9.031, abs=0.001)
        assert found["peak_dbfs"] == pytest.approx(-6.0206, abs=0.001)
        assert found["silence"] == 0


def test_silence_is_a_share() -> None:
    found = level(np.concatenate([sine(), np.zeros((3 * RATE, 1), "f4")]))
    assert found["silence"] == pytest.approx(0.75)
    assert level(sine(0.001))["silence"] == 1
    assert level(sine(0.01))["silence"] == 0


def test_no_sound_at_all() -> None:
    assert level(np.zeros((RATE, 2), "f4")) == {
        "rms_dbfs": FLOOR,
        "peak_dbfs": FLOOR,
        "silence": 1.0,
    }


def test_the_last_short_frame_counts() -> None:
    assert level(np.concatenate([sine(seconds=0.02), np.zeros((1, 1), "f4")]))["silence"] == 0.5


SOUNDS = arrays(
    np.float32,
    st.tuples(st.integers(1, 400), st.integers(1, 3)),
    elements=st.floats(-1, 1, width=32),
)


@given(st.lists(SOUNDS, max_size=4), st.integers(1, 3), st.sampled_from([10, 8000, 96000]))
def test_values_do_not_depend_on_batches(samples: list[np.ndarray], size: int, rate: int) -> None:
    sounds = [Waveform(each, rate) for each in samples]
    for measure in (AUDIO_DECODE, AUDIO_LEVEL):
        whole = measured(measure, sounds)
        parts = [measured(measure, sounds[at : at + size]) for at in range(0, len(sounds), size)]
        assert not parts or whole.equals(pl.concat(parts))
        if measure is AUDIO_LEVEL:
            assert whole["silence"].is_between(0, 1).all()
            assert (whole["rms_dbfs"] <= whole["peak_dbfs"] + 1e-3).all()
