"""What a cold build takes beyond its measures: its wall time against theirs in one bare loop.

The build is `curate build` with an empty store, in a process of its own that also notes what the
engine was asked. The loop, in another process, does the same batches in as many threads and
nothing else: read, decode, compute, forget. Both load the models, which are exported beforehand;
only the build's time has the start of its process in it. They take turns; wanted is a median ratio
of wall times of at most 1.3.

    python benchmarks/orchestration.py [RECIPE [TURNS [BUILD OPTION ...]]]
"""

from __future__ import annotations

import json
import os
import pickle
import sys
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

from workspace import Workspace, run, show, workspace

from curate.cli.main import run as curate
from curate.engines import choice
from curate.engines.engine import Batch, Content, Item, Task, Text
from curate.engines.local import LocalEngine
from curate.engines.work import implementation
from curate.errors import Unreadable
from curate.pairs.audio import decode_audio
from curate.pairs.field import CLOCKED
from curate.pairs.image import decode_image
from curate.pairs.media import read_media
from curate.pairs.span import Recording
from curate.run import build as building
from curate.run.asking import Asking
from curate.store.store import Shelf

WANTED = 1.3
DECODE = {"image": decode_image, "audio": decode_audio}
WATCHED = (
    ("fits", Asking, "fit"),
    ("values written", Shelf, "write"),
    ("values looked up", Shelf, "keys"),
    ("values read", Shelf, "read"),
    ("release written", building, "publish"),
)


class Watch:
    """The engine, noting what it is asked for; and the seconds waited for it and elsewhere."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[list[Item]], Sequence[Task]]] = []
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def engine(self, *options: Any) -> Watch:
        self.local = LocalEngine(*options)
        self.workers = self.local.workers
        return self

    def run(self, items: Iterable[Item], tasks: Sequence[Task]) -> Iterator[Batch]:
        every, size = list(items), min(task.measure.chunk for task in tasks)
        self.asked.append(([every[n : n + size] for n in range(0, len(every), size)], tasks))
        batches = self.local.run(every, tasks)
        following = self.timed("measures, in the engine", lambda: next(batches, None))
        while (batch := following()) is not None:
            yield batch

    def timed(self, place: str, function: Any) -> Any:
        def call(*arguments: Any) -> Any:
            start = time.perf_counter()
            result = function(*arguments)
            self.seconds[place] += time.perf_counter() - start
            return result

        return call


def record(noted: Path, *command: str) -> None:
    """Run the command line; `noted` gets what was asked, and seconds of the clock and the cores."""
    watch = Watch()
    with ExitStack() as stack:
        stack.enter_context(patch.object(choice, "LocalEngine", watch.engine))
        for place, owner, name in WATCHED:
            timed = watch.timed(place, getattr(owner, name))
            stack.enter_context(patch.object(owner, name, timed))
        code = curate(list(command))
    noted.write_bytes(pickle.dumps((watch.asked, watch.seconds, time.process_time())))
    sys.exit(code)


def loop(noted: Path) -> None:
    """The noted batches, and nothing else."""
    asked, *_ = pickle.loads(noted.read_bytes())
    start, before = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for groups, tasks in asked:
            list(pool.map(partial(measure, tasks=tasks), groups))
    spent = time.perf_counter() - start, time.process_time() - before
    print(json.dumps(spent))


def measure(group: Sequence[Item], tasks: Sequence[Task]) -> None:
    """Compute each task on what it lacks of a group, each content read and decoded once."""
    for view in {task.measure.view for task in tasks}:
        payloads = {item.key: payload(item, view) for item in group}
        for task in (task for task in tasks if task.measure.view == view):
            lacking = [payloads[item.key] for item in group if item.key in task.missing]
            readable = [one for one in lacking if not isinstance(one, Unreadable)]
            if readable:
                implementation(task.measure, task.models)(readable)


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
    if view != "bytes":
        return DECODE[content.modality](data)
    return Recording(data) if content.modality in CLOCKED else data


def turn(place: Workspace, noted: Path, *options: str) -> dict[str, float]:
    """Seconds of a cold build, of its parts and of the loop; `processor` of all cores together."""
    again = [sys.executable, __file__]
    start = time.perf_counter()
    built = json.loads(run([*again, "record", str(noted), *place.command(*options)[1:]]))
    wall = time.perf_counter() - start
    _, seconds, processor = pickle.loads(noted.read_bytes())
    seconds["process start, imports"] = wall - built["seconds"]
    looped = json.loads(run([*again, "loop", str(noted)]))
    return {
        "cold build": wall,
        "bare loop": looped[0],
        "cold build, processor": processor,
        "bare loop, processor": looped[1],
        **seconds,
        "sources, decisions and all else": wall - sum(seconds.values()),
    }


def main(recipe: str = "openmoji", turns: str = "3", *options: str) -> None:
    found = []
    for _ in range(int(turns)):
        with workspace(recipe) as place:
            found.append(turn(place, place.recipe.with_suffix(".record"), *options))
    middle = {name: median(each[name] for each in found) for name in found[0]}
    show(
        [f"`{recipe}`, median of {turns} turns", "seconds"],
        [[name, f"{value:.1f}"] for name, value in middle.items()],
    )
    show(
        ["build / loop", *(f"turn {n + 1}" for n in range(int(turns))), "median", "wanted"],
        [ratios(found, "", f"≤ {WANTED}"), ratios(found, ", processor", "")],
    )


def ratios(found: Sequence[dict[str, float]], kind: str, wanted: str) -> list[str]:
    each = [one[f"cold build{kind}"] / one[f"bare loop{kind}"] for one in found]
    return [f"ratio{kind}", *(f"{ratio:.2f}" for ratio in each), f"{median(each):.2f}", wanted]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["record", noted, *command]:
            record(Path(noted), *command)
        case ["loop", noted]:
            loop(Path(noted))
        case arguments:
            main(*arguments)
