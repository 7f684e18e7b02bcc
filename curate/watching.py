"""Progress for people: one bar per measure on a terminal, a line per step elsewhere, on stderr.

`listening` goes with whatever else draws: warnings of all libraries are counted, not scrolled.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from curate.pairs.printable import printable
from curate.run.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

P = TypeVar("P", bound=Progress)


class Lines:
    """Tells each step as it begins; for logs and pipes."""

    def __init__(self) -> None:
        self.warnings: dict[str, int] = {}

    def step(self, name: str, pairs: int) -> None:
        click.echo(f"{printable(name)}: {pairs:,} pairs", err=True)

    def measure(self, name: str, total: int) -> None:
        click.echo(f"  measuring {name}: {total:,}", err=True)

    def advance(self, name: str, done: int) -> None: ...

    def warn(self, kind: str, message: str) -> None:
        if kind not in self.warnings:
            click.echo(f"  warning: {printable(message)}", err=True)
        self.warnings[kind] = self.warnings.get(kind, 0) + 1


class Drawn:
    """Draws bars with rate and remaining time."""

    def __init__(self, bars: Bars) -> None:
        self.bars = bars
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

    def warn(self, kind: str, message: str) -> None:
        self.warnings[kind] = self.warnings.get(kind, 0) + 1


@contextmanager
def watching() -> Iterator[Lines | Drawn]:
    """Something to watch a build with, as this process is run."""
    if sys.stderr.isatty():
        with _bars() as bars, listening(Drawn(bars)) as drawn:
            yield drawn
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


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Any) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="dim")

    return Progress(
        TextColumn("  {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
    )
