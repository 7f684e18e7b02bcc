"""Where a cold build's time goes, beside its floors: what it has to compute, in one bare loop.

The build is `curate build` with an empty store, in a process of its own that also notes what the
engine was asked and what was fitted. The loop, in another process, does the same batches in as many
threads, and the same fits, and nothing else: read, decode, compute, forget. Both load the models,
which are exported beforehand; only the build's time has the start of its process in it. They take
turns; wanted is a median ratio of wall times of at most 1.15. `benchmarks/profile.md` has the figures.

    python benchmarks/floors.py [RECIPE [TURNS [BUILD OPTION ...]]]
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import polars as pl
from workspace import Workspace, run, show, workspace

from curate.cli.main import run as curate
from curate.engines import choice
from curate.engines.engine import Batch, Content, Item, Stop, Task, Text, never
from curate.engines.local import LocalEngine
from curate.engines.work import implementation
from curate.errors import Unreadable
from curate.fits.fit import Fit
from curate.measures.measure import Measure
from curate.pairs.audio import decode_audio
from curate.pairs.digest import table_digest
from curate.pairs.field import CLOCKED
from curate.pairs.image import decode_image
from curate.pairs.media import read_media
from curate.pairs.sensor import read_stream
from curate.pairs.span import Recording
from curate.run import build as building
from curate.run import publishing
from curate.run.asking import Asking
from curate.run.course import Course
from curate.store.store import Shelf

WANTED = 1.15
DECODE = {"image": decode_image, "audio": decode_audio}
WATCHED = (
    ("sources read", building, "gather"),
    ("fits", Asking, "fit"),
    ("values written and read", Shelf, "write"),
    ("values written and read", Shelf, "keys"),
    ("values written and read", Shelf, "read"),
    ("steps' own work", Course, "_act"),
    ("release put together", building, "released"),
    ("report written", publishing, "write_report"),
    ("facts, documents, files", building, "publish"),
)
"""Functions by the part that their own time belongs to, less that of what they call of these."""

Spent = tuple[float, float]
"""Seconds of the clock, and of all processors."""


class Watch:
    """The engine, noting what it is asked for; and what is spent in each part of a build."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[list[Item]], Sequence[Task]]] = []
        self.fitted: dict[str, tuple[Fit, pl.DataFrame]] = {}
        self.parts: defaultdict[str, Spent] = defaultdict(lambda: (0.0, 0.0))
        self._within: list[Spent] = []
        self._main = threading.get_ident()

    def engine(self, *options: Any) -> Watch:
        self.local = LocalEngine(*options)
        self.workers = self.local.workers
        return self

    def run(
        self, items: Iterable[Item], tasks: Sequence[Task], stop: Stop = never
    ) -> Iterator[Batch]:
        every, size = list(items), min(task.measure.chunk for task in tasks)
        self.asked.append(([every[n : n + size] for n in range(0, len(every), size)], tasks))
        batches = self.local.run(every, tasks, stop)
        following = self.timed("measures, in the engine", lambda: next(batches, None))
        while (batch := following()) is not None:
            yield batch

    def fit(self, function: Any) -> Any:
        def call(asking: Asking, fit: Fit, table: pl.DataFrame) -> pl.DataFrame:
            self.fitted.setdefault(fit.name + table_digest(table), (fit, table))
            result: pl.DataFrame = function(asking, fit, table)
            return result

        return call

    def timed(self, part: str, function: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            if threading.get_ident() != self._main:
                return function(*arguments, **named)
            self._within.append((0.0, 0.0))
            start = clocks()
            try:
                return function(*arguments, **named)
            finally:
                whole, inner = minus(clocks(), start), self._within.pop()
                self.parts[part] = plus(self.parts[part], minus(whole, inner))
                if self._within:
                    self._within[-1] = plus(self._within[-1], whole)

        return call


def clocks() -> Spent:
    return time.perf_counter(), time.process_time()


def plus(one: Spent, other: Spent) -> Spent:
    return one[0] + other[0], one[1] + other[1]


def minus(one: Spent, other: Spent) -> Spent:
    return one[0] - other[0], one[1] - other[1]


def record(noted: Path, *command: str) -> None:
    """Run the command line; `noted` gets what was asked, and what was spent where."""
    watch = Watch()
    with ExitStack() as stack:
        stack.enter_context(patch.object(choice, "LocalEngine", watch.engine))
        for part, owner, name in WATCHED:
            timed = watch.timed(part, getattr(owner, name))
            stack.enter_context(patch.object(owner, name, timed))
        stack.enter_context(patch.object(Asking, "fit", watch.fit(Asking.fit)))
        code = curate(list(command))
    asked = [(groups, [(t.measure, t.models, t.missing) for t in ts]) for groups, ts in watch.asked]
    found = asked, list(watch.fitted.values()), dict(watch.parts), time.process_time()
    noted.write_bytes(pickle.dumps(found))
    sys.exit(code)


def loop(noted: Path) -> None:
    """The noted batches and fits, and nothing else; what each takes, and all."""
    asked, fitted, *_ = pickle.loads(noted.read_bytes())
    spent: dict[str, Spent] = {}
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for groups, tasks in asked:
            start = clocks()
            list(pool.map(partial(measure, tasks=tasks), groups))
            name = ", ".join(measure.name for measure, *_ in tasks)
            spent[name] = plus(spent.get(name, (0.0, 0.0)), minus(clocks(), start))
    for fit, table in fitted:
        start = clocks()
        module, _, factory = fit.compute.partition(":")
        getattr(importlib.import_module(module), factory)(fit)(table)
        name = f"fit {fit.name}"
        spent[name] = plus(spent.get(name, (0.0, 0.0)), minus(clocks(), start))
    print(json.dumps(spent))


def measure(group: Sequence[Item], tasks: Sequence[tuple[Measure, Any, frozenset[str]]]) -> None:
    """Compute each task on what it lacks of a group, each content read and decoded once."""
    for view in {measure.view for measure, *_ in tasks}:
        payloads = {item.key: payload(item, view) for item in group}
        for measure, models, missing in tasks:
            lacking = [payloads[i.key] for i in group if i.key in missing and measure.view == view]
            readable = [one for one in lacking if not isinstance(one, Unreadable)]
            if readable:
                implementation(measure, models)(readable)


def payload(item: Item, view: str) -> Any:
    try:
        parts = tuple(decoded(content, view) for content in item.contents)
    except Unreadable as error:
        return error
    return parts if len(parts) > 1 else parts[0]


def decoded(content: Content, view: str) -> Any:
    if isinstance(content, Text):
        return content.value.encode() if view == "bytes" else content.value
    data = read_media(content.path, content.member)
    if content.modality == "sensor" and view != "bytes":
        return read_stream(Recording(data, content.span))
    if view != "bytes" and content.modality in DECODE:
        return DECODE[content.modality](data)
    return Recording(data, content.span) if content.modality in CLOCKED else data


def turn(place: Workspace, noted: Path, *options: str) -> tuple[dict[str, Spent], dict[str, Spent]]:
    """What a cold build spends by part, and the loop by measure and fit; `all` with the process."""
    again = [sys.executable, __file__]
    start = time.perf_counter()
    run([*again, "record", str(noted), *place.command(*options)[1:]])
    wall = time.perf_counter() - start
    *_, parts, processor = pickle.loads(noted.read_bytes())
    known = (sum(one[0] for one in parts.values()), sum(one[1] for one in parts.values()))
    parts["process start, imports, all else"] = minus((wall, processor), known)
    floors = json.loads(run([*again, "loop", str(noted)]))
    return {"all": (wall, processor), **parts}, {"all": total(floors), **floors}


def total(spent: dict[str, Spent]) -> Spent:
    return sum(one[0] for one in spent.values()), sum(one[1] for one in spent.values())


def main(recipe: str = "openmoji", turns: str = "3", *options: str) -> None:
    builds, loops = [], []
    for _ in range(int(turns)):
        with workspace(recipe) as place:
            built, looped = turn(place, place.recipe.with_suffix(".record"), *options)
            builds.append(built)
            loops.append(looped)
    for title, found in (("cold build", builds), ("bare loop", loops)):
        show(
            [f"`{recipe}`, {title}, median of {turns} turns", "seconds", "processor"],
            [
                [name, *(f"{median(each[name][n] for each in found):.2f}" for n in (0, 1))]
                for name in found[0]
            ],
        )
    show(
        ["build / loop", *(f"turn {n + 1}" for n in range(int(turns))), "median", "wanted"],
        [ratios(builds, loops, "clock", 0), ratios(builds, loops, "processor", 1)],
    )


def ratios(
    builds: Sequence[dict[str, Spent]], loops: Sequence[dict[str, Spent]], kind: str, which: int
) -> list[str]:
    each = [b["all"][which] / f["all"][which] for b, f in zip(builds, loops, strict=True)]
    return [kind, *(f"{ratio:.2f}" for ratio in each), f"{median(each):.2f}", f"≤ {WANTED}"]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["record", noted, *command]:
            record(Path(noted), *command)
        case ["loop", noted]:
            loop(Path(noted))
        case arguments:
            main(*arguments)
