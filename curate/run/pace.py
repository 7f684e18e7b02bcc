"""How fast a build goes: what its stages took, and how long the rest should take.

All time is put to the innermost stage that is open: to what computes while something does, shared among
measures that run together by the seconds of their workers, and to its deciding else. What is left is
foretold by what this machine took before, corrected by how much faster or slower this build has been so
far, and of what is running more and more by how it runs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import polars as pl

from curate.engines.engine import Batch
from curate.run.forecast import Coming, Forecast, Kind, Work, lacking_share, name_of
from curate.run.progress import Left, Progress, Silence
from curate.run.remembered import Remembered
from curate.store.speeds import SPEEDS

_EVERY = 0.5
"""Seconds between two words of what is left."""
_TRUSTED = 0.1
"""Of a measure's values; when so many are there, its own pace counts as much as earlier builds'."""
_STEADY = 0.15
"""Of a build; when so much has ended, its own pace counts as much as earlier builds'."""


@dataclass(eq=False)
class Stage:
    """A stage that has begun."""

    title: str
    pairs: int
    works: dict[tuple[Kind, str], Work] = field(default_factory=dict)
    kept: int | None = None
    """Pairs that are left when it has ended; None before, and if it cannot be told."""

    def work(self, kind: Kind, task: str, name: str) -> Work:
        return self.works.setdefault((kind, task), Work(kind, task, name, 0, None))

    @property
    def deciding(self) -> Work:
        return self.work("deciding", "", self.title)


@dataclass
class _Run:
    """Measures that run together: their works by name, and the seconds of workers."""

    works: Mapping[str, Work]
    start: float
    before: Mapping[str, tuple[float, float]]
    """What they had taken when it began."""
    workers: dict[str, float] = field(default_factory=dict)
    loading: dict[str, float] = field(default_factory=dict)

    def add(self, batch: Batch, now: float) -> None:
        name = batch.task.measure.name
        self.works[name].done += batch.values.height
        self.workers[name] = self.workers.get(name, 0.0) + batch.seconds
        self.loading[name] = self.loading.get(name, 0.0) + batch.loading
        self.settle(now)

    def settle(self, now: float) -> None:
        """Share the time since the beginning."""
        whole = sum(self.workers.values())
        rate = (now - self.start) / whole if whole else 0.0
        for name, (loading, seconds) in self.before.items():
            self.works[name].seconds = seconds + self.workers.get(name, 0.0) * rate
            self.works[name].loading = loading + self.loading.get(name, 0.0) * rate


class Pace:
    """Of one build, and of one thread."""

    def __init__(self, remembered: Remembered, progress: Progress) -> None:
        self.forecast = Forecast(remembered)
        self.progress = progress
        self.begun = time.time()
        self.stages: list[Stage] = []
        """In the order in which they began."""
        self._open: list[Stage] = [Stage("", 0)]
        self._coming: list[Coming] | None = None
        self._run: _Run | None = None
        self._turned = time.perf_counter()
        self._told = 0.0

    @classmethod
    def untold(cls) -> Pace:
        """One that knows nothing and tells nobody."""
        return cls(Remembered(pl.DataFrame(schema=SPEEDS)), Silence())

    @property
    def gathering(self) -> float:
        """Seconds before the first stage, and between stages."""
        return self._open[0].deciding.seconds

    @contextmanager
    def stage(self, title: str, pairs: int) -> Iterator[Stage]:
        """Until it ends, what runs is this stage's, but for stages within it."""
        self._turn()
        stage = Stage(title, pairs)
        self.stages.append(stage)
        self._open.append(stage)
        self._meet(stage)
        self.tell()
        try:
            yield stage
        finally:
            self._turn()
            self._open.remove(stage)

    def expect(self, coming: Sequence[Coming]) -> None:
        """All stages of the build; those that have begun are known by their titles."""
        self._coming = list(coming)
        share = lacking_share([need for stage in coming for need in stage.needs])
        self.forecast = replace(self.forecast, share=share)
        begun, self.stages = self.stages, []
        for stage in begun:
            self._meet(stage)
            self.stages.append(stage)

    def running(self, lacking: Mapping[str, tuple[str, int]]) -> None:
        """Measures begin to run: name -> fingerprint, and values to compute."""
        self._turn()
        works = {name: self._due(task, count) for name, (task, count) in lacking.items()}
        before = {name: (work.loading, work.seconds) for name, work in works.items()}
        self._run = _Run(works, time.perf_counter(), before)

    def batch(self, batch: Batch) -> None:
        """Of what is running, some is done."""
        assert self._run is not None
        self._run.add(batch, time.perf_counter())
        self.tell()

    def ran(self) -> None:
        """What was running has ended, and its values are in the store."""
        assert self._run is not None
        self._turned = time.perf_counter()
        self._run.settle(self._turned)
        self._run = None

    def reuse(self, task: str, count: int) -> None:
        """So many values were wanted for the first time, and were known."""
        self._open[-1].work("measure", task, name_of(task)).asked += count

    @contextmanager
    def fitting(self, name: str) -> Iterator[None]:
        """Until it ends, a fit is made."""
        self._turn()
        yield
        work, now = self._open[-1].work("fit", name, name), time.perf_counter()
        work.seconds, work.done = work.seconds + now - self._turned, work.done + 1
        self._turned = now

    def tell(self) -> None:
        """Say what is left, where that is known and was not said a moment ago."""
        now = time.perf_counter()
        if self._coming is not None and now - self._told > _EVERY:
            self._told = now
            self.progress.left(self.left())

    def left(self) -> Left:
        """From this moment on to the end."""
        ahead = list(self._ahead())
        scale = self._scale(ahead)
        works = [(work, self._rest(work, scale)) for work in ahead]
        unknown = dict.fromkeys(work.name for work, rest in works if rest is None)
        return Left(sum(rest for _, rest in works if rest is not None), tuple(unknown))

    def rows(self) -> pl.DataFrame:
        """To be remembered: columns of `SPEEDS`."""
        rows = [
            (
                self.begun,
                self.forecast.remembered.recipe,
                self.forecast.remembered.text,
                stage.title,
                None if stage.kept is None else stage.pairs,
                stage.kept,
                work.kind,
                work.task,
                work.asked,
                work.done,
                work.loading,
                work.seconds,
            )
            for stage in self.stages
            for work in stage.works.values()
            if work.seconds or work.asked or work.kind == "deciding"
        ]
        return pl.DataFrame(rows, schema=SPEEDS, orient="row")

    def _turn(self) -> None:
        now = time.perf_counter()
        self._open[-1].deciding.seconds += now - self._turned
        self._turned = now

    def _due(self, task: str, count: int) -> Work:
        work = self._open[-1].work("measure", task, name_of(task))
        work.speed = work.speed or self.forecast.remembered.speeds.get(task)
        work.asked += count
        work.due = work.done + count if work.named else max(work.due, work.done + count)
        return work

    def _meet(self, stage: Stage) -> None:
        """Of a stage that begins, what was foretold."""
        coming = next((each for each in self._coming or () if each.title == stage.title), None)
        if coming is None or self._coming is None:
            return
        self._coming.remove(coming)
        for work in self.forecast.works(coming, stage.pairs, self._loaded()):
            mine = stage.works.setdefault((work.kind, work.task), work)
            mine.due, mine.speed, mine.named = work.due, work.speed, work.named

    def _loaded(self) -> set[str]:
        return {work.task for stage in self.stages for work in stage.works.values() if work.done}

    def _ahead(self) -> Iterator[Work]:
        """What is open, and what no stage has begun with."""
        loaded = self._loaded()
        for stage in self._open:
            yield from stage.works.values()
            loaded |= {work.task for work in stage.works.values()}
        pairs = float(self._open[-1].pairs) * self.forecast.stays(self._open[-1].title)
        for coming in self._coming or ():
            yield from self.forecast.works(coming, pairs, loaded)
            pairs *= self.forecast.stays(coming.title)

    def _rest(self, work: Work, scale: float) -> float | None:
        """Seconds that are left of a work; None where nothing is known of it."""
        if work.kind != "measure":
            expected = work.expected
            if expected is None:
                return None if work.due else 0.0
            return 0.0 if work.done else max(0.0, expected * scale - work.seconds)
        todo = work.due - work.done
        if todo <= 0:
            return 0.0
        if not work.done:
            return None if work.expected is None else work.expected * scale
        return todo * _blended(work, scale)

    def _scale(self, ahead: Sequence[Work]) -> float:
        """How much slower than remembered this build is, by what has ended of it; but for deciding,
        which at first is waiting for what has to be loaded.
        """
        ended = [stage for stage in self.stages if stage not in self._open]
        works = [work for stage in ended for work in stage.works.values() if work.speed]
        known = [work for work in works if work.kind != "deciding"]
        took = sum(work.seconds for work in known)
        foreseen = sum(_foreseen(work) for work in known)
        steady = _STEADY * (foreseen + sum(work.expected or 0.0 for work in ahead))
        return (took + steady) / (foreseen + steady) if steady else 1.0


def _blended(work: Work, scale: float) -> float:
    """Seconds for a value: as it runs, and as it was to run."""
    running = (work.seconds - work.loading) / work.done
    if work.speed is None:
        return running
    trust = work.done / (work.done + _TRUSTED * work.due)
    return trust * running + (1 - trust) * work.speed.each * scale


def _foreseen(work: Work) -> float:
    """Seconds that what was done should have taken."""
    assert work.speed is not None
    return work.speed.of(work.done) if work.done else 0.0
