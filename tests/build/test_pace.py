"""What builds took is remembered by kind of machine, and says what the next has before it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.engines.engine import Batch, Task
from curate.measures.image import IMAGE_SHARPNESS
from curate.recipe import read_recipe
from curate.run.build import Options, build, opened
from curate.run.forecast import Coming, Need
from curate.run.pace import Pace
from curate.run.progress import Left, Silence
from curate.run.remembered import Remembered
from curate.store.speeds import BUILDS, SPEEDS, Speeds
from curate.watching import Ahead, Lines
from tests.workspace import Workspace, curate

SHARP = "image.sharpness-0123456789abcdef"


def row(**more: Any) -> dict[str, Any]:
    """A stage of a thousand pairs that decided for a second."""
    plain = {
        "build": 1.0,
        "recipe": "one",
        "text": "1",
        "step": "filter",
        "pairs": 1000,
        "kept": 500,
        "kind": "deciding",
    }
    rest = {"task": "", "asked": 0, "computed": 0, "loading": 0.0, "seconds": 1.0}
    return {**plain, **rest, **more}


def took(seconds: float, count: int = 1000, **more: Any) -> dict[str, Any]:
    """A measure that was computed."""
    of = {"kind": "measure", "task": SHARP, "asked": count, "computed": count}
    return row(**of, seconds=seconds, **more)


def table(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SPEEDS)


class Clock:
    """One that goes on when it is told to."""

    now = 0.0

    def perf_counter(self) -> float:
        return self.now

    time = perf_counter


class Listening(Silence):
    def __init__(self) -> None:
        self.said: list[Left] = []

    def left(self, left: Left) -> None:
        self.said.append(left)


class TestRemembered:
    def test_a_speed_is_that_of_all_workers_and_without_loading(self) -> None:
        speed = Remembered(table(row(), took(12.0, loading=2.0))).speeds[SHARP]
        assert speed.loading == 2.0
        assert speed.each == pytest.approx(0.01)

    def test_a_habit(self) -> None:
        rows = table(row(seconds=13.0), took(9.0), row(kind="fit", task="head", seconds=4.0))
        habit = Remembered(rows).habits["filter"]
        assert habit.stays == 0.5
        assert habit.asked == {SHARP: 1.0}
        assert habit.fits == {"head": 0.004}
        assert habit.deciding.of(1000) == pytest.approx(13.0)
        assert habit.deciding.of(0) == pytest.approx(3.0)

    def test_two_sizes_tell_what_grows(self) -> None:
        small = row(seconds=5.0, pairs=100, kept=100)
        habit = Remembered(table(small, row(build=2.0, seconds=14.0))).habits["filter"]
        assert habit.deciding.of(100) == pytest.approx(5.0)
        assert habit.deciding.of(1000) == pytest.approx(14.0)

    def test_the_nearest_recipe_tells(self) -> None:
        """This very text, then this recipe, then any."""
        others = [row(recipe=name, text=text, kept=kept) for name, text, kept in
                  (("one", "1", 100), ("one", "2", 200), ("two", "3", 600))]  # fmt: skip
        for of, stays in ((("one", "2"), 0.2), (("two", "4"), 0.6), (("three", "5"), 0.3)):
            assert Remembered(table(*others), *of).habits["filter"].stays == pytest.approx(stays)

    def test_of_a_stage_that_did_not_end_only_values_count(self) -> None:
        known = Remembered(table(row(pairs=None, kept=None), took(9.0, pairs=None, kept=None)))
        assert known.habits == {}
        assert known.speeds[SHARP].each == pytest.approx(0.009)

    def test_the_last_builds_stay_and_those_that_computed(self, tmp_path: Path) -> None:
        speeds = Speeds(tmp_path, "this")
        speeds.add(table(row(build=0.0), took(9.0, build=0.0)))
        for build_ in range(1, 6):
            known = took(0.0, build=float(build_)) | {"computed": 0}
            speeds.add(table(row(build=float(build_), seconds=2.0), known))
        found = speeds.read()
        assert set(found["build"]) == {0.0, 3.0, 4.0, 5.0}
        assert found.filter(kind="deciding").height == BUILDS + 1
        assert Remembered(found).habits["filter"].deciding.of(1000) == pytest.approx(2.0)
        assert Speeds(tmp_path, "another").read().height == 0

    def test_what_was_written_down_otherwise_is_as_good_as_nothing(self, tmp_path: Path) -> None:
        table(row()).drop("step").write_parquet(tmp_path / "this.parquet")
        assert Speeds(tmp_path, "this").read().height == 0


class TestLeft:
    def expecting(self, rows: pl.DataFrame, missing: int = 1000) -> Pace:
        pace = Pace(Remembered(rows), Silence())
        need = Need(SHARP, "image.sharpness", 0, missing)
        pace.expect([Coming("filter", 1000, [need]), Coming("align", 1000, [], lasts=True)])
        return pace

    def test_all_that_is_to_come(self) -> None:
        pace = self.expecting(table(took(9.0, loading=1.0), row(), row(step="align", seconds=8.0)))
        with pace.stage("", 1000):
            assert pace.left().seconds == pytest.approx(9.0 + 1.0 + 3.0 + 2.5, abs=0.1)
            assert pace.left().unknown == ()

    def test_what_never_ran(self) -> None:
        with (pace := self.expecting(table(row()))).stage("", 1000):
            assert pace.left().unknown == ("image.sharpness", "align")
            words = pace.left().in_words()
        assert words == "at least 1 s left; not measured here yet: image.sharpness, align"

    @given(st.integers(1, 999))
    def test_its_own_pace_is_believed_more_and_more(self, done: int) -> None:
        """Of a measure that takes a hundred times as long as it did, on two workers."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("curate.run.pace.time", clock := Clock())
            pace = self.expecting(table(took(1.0, pairs=None, kept=None)))
            with pace.stage("filter", 1000):
                pace.running({"image.sharpness": (SHARP, 1000)})
                clock.now += 0.1 * done
                values = pl.DataFrame({"key": ["key"] * done})
                pace.batch(Batch(Task(IMAGE_SHARPNESS, {}, frozenset()), values, 0.2 * done))
                each, trust = pace.left().seconds / (1000 - done), done / (done + 100)
                assert each == pytest.approx(0.1 * trust + 0.001 * (1 - trust))
                pace.ran()

    def test_a_build_that_is_slower_than_it_was(self) -> None:
        """What is to come is taken to be slower too."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("curate.run.pace.time", clock := Clock())
            pace = self.expecting(table(took(2.0), row(), row(step="align", seconds=10.0)))
            with pace.stage("filter", 1000):
                pace.running({"image.sharpness": (SHARP, 1000)})
                clock.now += 17.0
                values = pl.DataFrame({"key": ["key"] * 1000})
                pace.batch(Batch(Task(IMAGE_SHARPNESS, {}, frozenset()), values, 17.0))
                pace.ran()
            with pace.stage("align", 1000):
                steady = 0.15 * (2 + 10)
                assert pace.left().seconds == pytest.approx(10 * (17 + steady) / (2 + steady))

    def test_nothing_is_said_before_it_is_known_what_is_to_come(self) -> None:
        listening = Listening()
        pace = Pace(Remembered(table()), listening)
        with pace.stage("read", 10):
            pass
        assert listening.said == []


def test_builds_tell(workspace: Workspace, tmp_path: Path) -> None:
    """First at least what is known, then all; a build that computes nothing has nothing to say."""
    read, first = read_recipe(workspace.path), Listening()
    build(read, Options(), first)
    assert "text.counts" in first.said[0].unknown
    store = tmp_path / "store"
    shutil.copytree(workspace.store / "speeds", store / "speeds")
    start, second = time.perf_counter(), Listening()
    build(read, Options(store=store), second)
    assert second.said[0].unknown == ()
    assert second.said[0].seconds < 20 * (time.perf_counter() - start)
    third = Listening()
    build(read, Options(store=store), third)
    assert third.said == []


def test_another_kind_of_machine_knows_nothing(workspace: Workspace) -> None:
    workspace.build(workers=7)
    shutil.rmtree(workspace.store / "values")
    assert "image.probe" in curate("plan", workspace.path, "--json").document["unknown"]
    with opened(read_recipe(workspace.path), Options(workers=7), Silence()) as (_, asking):
        assert asking.pace.forecast.remembered.habits.keys() >= {"read", "decode", "release"}


def test_a_few_names() -> None:
    assert (
        Left(0.1, ("a", "b", "c", "d", "e")).in_words()
        == "not measured here yet: a, b, c and 2 more"
    )


def test_lines(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    for seconds in (7300.0, 7200.0):
        lines.left(Left(seconds, ()))
    assert capsys.readouterr().err == "  about 2 h left\n"


def test_a_line_counts_down() -> None:
    ahead = Ahead()
    assert ahead.words() == ""
    ahead.said = Left(100.0, ()), time.monotonic() - 40
    assert ahead.words() == "about 60 s left"
    ahead.said = Left(100.0, ()), time.monotonic() - 400
    assert ahead.words() == "about 0 s left"
