"""Progress for people: one bar per measure on a terminal, a line per step elsewhere, on stderr.

`listening` goes with whatever else draws: warnings of all libraries are counted, not scrolled.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from curate.pairs.printable import printable
from curate.run.progress import Left, Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

P = TypeVar("P", bound=Progress)

_EVERY = 30.0
"""Seconds between two lines that say what is left."""


class Lines:
    """Tells each step as it begins, and now and then what is left; for logs and pipes."""

    def __init__(self) -> None:
        self.warnings: dict[str, int] = {}
        self.told: float | None = None

    def step(self, name: str, pairs: int) -> None:
        click.echo(f"{printable(name)}: {pairs:,} pairs", err=True)

    def measure(self, name: str, total: int) -> None:
        click.echo(f"  measuring {name}: {total:,}", err=True)

    def advance(self, name: str, done: int) -> None: ...

    def left(self, left: Left) -> None:
        now = time.monotonic()
        if self.told is None or now - self.told >= _EVERY:
            self.told = now
            click.echo(f"  {printable(left.in_words())}", err=True)

    def warn(self, kind: str, message: str) -> None:
        if kind not in self.warnings:
            click.echo(f"  warning: {printable(message)}", err=True)
        self.warnings[kind] = self.warnings.get(kind, 0) + 1


class Ahead:
    """What was last said to be left; it counts down while nothing is said."""

    def __init__(self) -> None:
        self.said: tuple[Left, float] | None = None

    def words(self) -> str:
        if self.said is None:
            return ""
        left, moment = self.said
        return printable(left.after(time.monotonic() - moment).in_words())


class Drawn:
    """Draws bars with their rate, and below them what is left of the whole build."""

    def __init__(self, bars: Bars, ahead: Ahead) -> None:
        self.bars, self.ahead = bars, ahead
        self.tasks: dict[str, TaskID] = {}
        self.warnings: dict[str, int] = {}

    def step(self, name: str, pairs: int) -> None:
        from rich.text import Text

        said = Text.assemble((printable(name), "bold"), (f" {pairs:,} pairs", "dim"))
        self.bars.console.print(said, highlight=False)

    def measure(self, name: str, total: int) -> None:
        if name in self.tasks:
            known = self.bars.tasks[self.tasks[name]].total or 0
            self.bars.update(self.tasks[name], total=known + total)
        else:
            self.tasks[name] = self.bars.add_task(name, total=total)

    def advance(self, name: str, done: int) -> None:
        self.bars.advance(self.tasks[name], done)

    def left(self, left: Left) -> None:
        self.ahead.said = left, time.monotonic()

    def warn(self, kind: str, message: str) -> None:
        self.warnings[kind] = self.warnings.get(kind, 0) + 1


@contextmanager
def watching() -> Iterator[Lines | Drawn]:
    """Something to watch a build with, as this process is run."""
    if sys.stderr.isatty():
        ahead = Ahead()
        with _bars(ahead) as bars, listening(Drawn(bars, ahead)) as drawn:
            yield drawn
            ahead.said = None
    else:
        with listening(Lines()) as lines:
            yield lines


@contextmanager
def listening(progress: P) -> Iterator[P]:
    """Tell it every warning while it watches."""

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        progress.warn(f"{category.__name__}: {printable(str(message)[:60])}", str(message))

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = show  # restored when `catch_warnings` ends
        yield progress


def _bars(ahead: Ahead) -> Bars:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Any) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="dim")

    class Below(Progress):
        """Bars, and a line below them."""

        def get_renderables(self) -> Iterator[Any]:
            yield self.make_tasks_table(self.tasks)
            if words := ahead.words():
                yield Text(f"  {words}")

    return Below(
        TextColumn("  {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        console=Console(stderr=True),
    )
