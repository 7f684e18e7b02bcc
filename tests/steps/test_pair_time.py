"""`pair: {time: …, clock: …}`: spans go where they are spoken, or out when nobody can tell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl
import pytest

from curate.ledger.verdict import VERDICT
from curate.pairs.audio import Waveform
from curate.steps.pair_time import PairTime
from curate.steps.step import Outcome
from tests.spoken import RATE, overlap, recording, shuffled
from tests.steps.asked import Asked, fields

FIELDS = fields(speech="audio", caption="text", title="text", film="video", accel="sensor")


def rows(cues: Iterable[Iterable[float | None]], file: str = "file") -> pl.DataFrame:
    """A table of the cues of one file."""
    spans = np.array(list(cues), dtype=object).reshape(-1, 2)
    return pl.DataFrame(
        {
            "pair_id": [f"{file}-{number}" for number in range(len(spans))],
            "caption": [f"word {number}" for number in range(len(spans))],
            "speech_file_sha256": [file] * len(spans),
            "speech_start": [None if s is None else float(s) for s in spans[:, 0]],
            "speech_end": [None if s is None else float(s) for s in spans[:, 1]],
        },
        schema_overrides={"speech_start": pl.Float64, "speech_end": pl.Float64},
    )


def decided(table: pl.DataFrame, sounds: dict[str, Waveform], **step: Any) -> Outcome:
    words = {"time": ["speech", "caption"], "clock": "repair", **step}
    outcome = PairTime.parse(words).decide(table, Asked(FIELDS, sounds))
    assert outcome.verdicts.schema == VERDICT
    assert outcome.verdicts["pair_id"].to_list() == table["pair_id"].to_list()
    return outcome


def said(outcome: Outcome) -> set[tuple[str, str | None]]:
    return set(outcome.verdicts.select("verdict", "reason").iter_rows())


def changed_spans(outcome: Outcome) -> np.ndarray:
    assert outcome.changed is not None
    return outcome.changed.select("speech_start", "speech_end").to_numpy()


def written(truth: np.ndarray, offset: float, drift: float) -> np.ndarray:
    """Cues of a clock that is off so much: true = offset + (1 + drift) * written."""
    cues = (truth - offset) / (1 + drift)
    assert isinstance(cues, np.ndarray)
    return cues


@pytest.mark.parametrize(("offset", "drift"), [(0.7, 0), (0, 0.005), (2.0, 0.005), (-8, 0.0427)])
def test_six_minutes_are_repaired(offset: float, drift: float) -> None:
    sound, truth = recording(360)
    truth = truth[truth[:, 0] > offset]
    outcome = decided(rows(written(truth, offset, drift)), {"file": sound})
    assert said(outcome) == {("change", "clock repaired")}
    assert overlap(changed_spans(outcome), truth).min() >= 0.95
    assert min(outcome.verdicts["score"]) > 0.1
    words = f"offset {offset:+.1f}", f"drift {100 * drift:+.1f}"
    found = outcome.verdicts["detail"][0]
    assert abs(float(found.split()[1]) - offset) <= 0.1, words
    assert abs(float(found.split()[4]) - 100 * drift) <= 0.1, words


def test_a_clock_that_is_right_is_left_alone() -> None:
    sound, truth = recording(60)
    for clock in ("repair", "check"):
        outcome = decided(rows(truth), {"file": sound}, clock=clock)
        assert said(outcome) == {("keep", None)}
        assert outcome.changed is None
        assert outcome.verdicts["detail"][0].startswith(("offset +0.0", "offset -0.0"))


def test_check_drops_what_is_off_by_more_than_the_tolerance() -> None:
    sound, truth = recording(60)
    table = rows(truth - 0.4)
    outcome = decided(table, {"file": sound}, clock="check")
    assert said(outcome) == {("drop", "clock is off")}
    assert outcome.verdicts["score"][0] == pytest.approx(0.4, abs=0.08)
    assert outcome.verdicts["threshold"][0] == 0.1
    assert outcome.changed is None
    tolerant = decided(table, {"file": sound}, clock="check", tolerance=0.6)
    assert said(tolerant) == {("keep", None)}


def test_each_recording_has_its_own_clock() -> None:
    (one, first), (other, second) = recording(60, seed=1), recording(60, seed=2)
    late = second[second[:, 0] > 1]
    table = pl.concat([rows(first, "one"), rows(late - 1, "other")])
    outcome = decided(table, {"one": one, "other": other})
    assert said(outcome) == {("keep", None), ("change", "clock repaired")}
    assert outcome.changed is not None
    assert set(outcome.changed["speech_file_sha256"]) == {"other"}
    assert overlap(changed_spans(outcome), late).min() >= 0.9


def test_spans_that_leave_the_recording_are_dropped() -> None:
    sound, truth = recording(60)
    cues = np.vstack([truth - 3, [[58.0, 59.0]]])[(truth[:, 0] > 3).argmax() :]
    outcome = decided(rows(cues), {"file": sound})
    assert outcome.verdicts["reason"].to_list()[-1] == "span leaves the recording"
    assert outcome.verdicts["verdict"].to_list() == ["change"] * (len(cues) - 1) + ["drop"]
    assert changed_spans(outcome).max() <= 60


def test_cues_of_another_recording_are_refused() -> None:
    """No permutation of 15 is believed; the slow test tries more."""
    sound, truth = recording(120)
    for seed in range(15):
        outcome = decided(rows(shuffled(truth, seed)), {"file": sound})
        assert said(outcome) == {("drop", "clock not known")}
        assert outcome.changed is None


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "pauses"), [(60, (0.5, 5)), (360, (0.5, 5)), (360, (3, 12))])
def test_cues_of_other_recordings_are_refused(seconds: int, pauses: tuple[float, float]) -> None:
    """At most one of 120."""
    believed = 0
    for number in range(6):
        sound, truth = recording(seconds, seed=number, pauses=pauses)
        tables = [rows(shuffled(truth, seed), str(seed)) for seed in range(20)]
        outcome = decided(pl.concat(tables), {str(seed): sound for seed in range(20)})
        wrong = outcome.verdicts.filter(pl.col("verdict") != "drop")
        believed += wrong["pair_id"].str.split("-").list.first().n_unique()
    assert believed <= 1


def test_music_is_refused() -> None:
    """Chords that change every half second, without a pause."""
    truth = recording(60)[1]
    time = np.arange(60 * RATE) / RATE
    chance = np.random.default_rng(0)
    notes = 220 * 2 ** (chance.integers(0, 24, (3, 120)) / 12)
    pitch = notes[:, np.minimum((time * 2).astype(int), 119)]
    music = 0.2 * np.sin(2 * np.pi * np.cumsum(pitch, axis=1) / RATE).sum(axis=0)
    sound = Waveform(music[:, None].astype(np.float32), RATE)
    assert said(decided(rows(truth), {"file": sound})) == {("drop", "clock not known")}


def test_silence_and_few_cues_are_refused() -> None:
    sound, truth = recording(60)
    nothing = Waveform(np.zeros_like(sound.samples), RATE)
    silent = decided(rows(truth), {"file": nothing})
    assert said(silent) == {("drop", "clock not known")}
    assert set(silent.verdicts["detail"]) == {"nothing to compare"}
    single = decided(rows(truth[:1]), {"file": sound})
    assert said(single) == {("drop", "clock not known")}
    assert single.verdicts["detail"].to_list() == ["fewer than 5 cues"]


def test_what_is_no_cue_is_not_assessed() -> None:
    sound, truth = recording(60)
    table = pl.concat([rows(truth), rows([(None, None)]).with_columns(pair_id=pl.lit("whole"))])
    outcome = decided(table, {"file": sound})
    assert outcome.verdicts.row(-1)[1:3] == ("not_assessed", "no span with words")
    alone = decided(table.tail(1), {})
    assert said(alone) == {("not_assessed", "no span with words")}


@pytest.mark.parametrize(
    ("step", "objection"),
    [
        ({"time": ["speech", "caption"]}, "pair by time needs either 'clock' or 'window'"),
        ({"time": ["speech"], "clock": "check"}, "a clock needs two fields"),
        ({"time": ["speech", "words"], "clock": "check"}, "'words' is no field"),
        ({"time": ["caption", "title"], "clock": "check"}, "'caption' is a field of type text"),
        ({"time": ["caption", "caption"], "clock": "check"}, "'caption' stands twice"),
        (
            {"time": ["speech", "caption"], "clock": "check", "nearest": True},
            "'nearest' goes with 'window', not with 'clock'",
        ),
        ({"time": ["speech", "accel"], "window": 1}, "'speech' is a field of type audio"),
        ({"time": ["accel"], "window": 1, "nearest": True}, "there is no sensor to sample"),
        ({"time": ["film", "caption"], "window": 1}, "'caption' is a field of type text"),
    ],
)
def test_objections(step: dict[str, Any], objection: str) -> None:
    found = [one.message for one in PairTime.parse(step).check(FIELDS)]
    assert objection in found
