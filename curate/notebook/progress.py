"""A build's progress in a notebook: steps as they begin, and a bar for each measure that runs.

Drawn with what every notebook has, an output that is replaced; no widgets are needed. Elsewhere
than in a notebook it is that of the command line.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any

from curate.run.progress import Left, Progress
from curate.watching import Drawn, Lines, listening
from curate.watching import watching as in_terminal

_EVERY = 0.2
"""Seconds between two drawings; a notebook keeps up with no more."""


@contextmanager
def watching() -> Iterator[Lines | Drawn | Page]:
    """Something to watch a build with, wherever this runs."""
    if not in_notebook():
        with in_terminal() as progress:
            yield progress
        return
    with listening(Page(_output())) as page:
        try:
            yield page
        finally:
            page.close()


def in_notebook() -> bool:
    """Whether a kernel runs this, which shows HTML; a terminal with IPython is none."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


def _output() -> Any:
    from IPython.display import HTML, display

    handle = display(HTML(""), display_id=True)
    return lambda page: handle.update(HTML(page))


@dataclass
class Page(Progress):
    """What a notebook shows while a build runs; `draw` replaces what was shown before."""

    draw: Any
    steps: int = 0
    now: str = ""
    bars: dict[str, list[int]] = field(default_factory=dict)
    """Measure -> done, of."""
    ahead: str = ""
    """What is left."""
    warnings: dict[str, int] = field(default_factory=dict)
    drawn: float = 0.0
    start: float = field(default_factory=time.perf_counter)

    def step(self, name: str, pairs: int) -> None:
        self.steps, self.now = self.steps + 1, f"{name}: {pairs:,} pairs"
        self._show()

    def measure(self, name: str, total: int) -> None:
        self.bars.setdefault(name, [0, 0])[1] += total
        self._show()

    def advance(self, name: str, done: int) -> None:
        self.bars[name][0] += done
        self._show()

    def left(self, left: Left) -> None:
        self.ahead = left.in_words()
        self._show()

    def warn(self, kind: str, message: str) -> None:
        self.warnings[kind] = self.warnings.get(kind, 0) + 1

    def close(self) -> None:
        """Leave a line behind where steps were run, and what was warned of."""
        took = time.perf_counter() - self.start
        told = [f"{self.steps} steps, {took:.1f} s"] if self.steps else []
        told += [f"{count} times: {kind}" for kind, count in self.warnings.items()]
        self.draw("".join(f"<div>{escape(line)}</div>" for line in told))

    def _show(self) -> None:
        if time.perf_counter() - self.drawn < _EVERY:
            return
        self.drawn = time.perf_counter()
        bars = "".join(_bar(name, *counts) for name, counts in self.bars.items())
        ahead = f"<div>{escape(self.ahead)}</div>" if self.ahead else ""
        self.draw(f"<div>{escape(self.now)}</div>{bars}{ahead}")


def _bar(name: str, done: int, of: int) -> str:
    bar = f'<progress value="{done}" max="{of}"></progress>'
    return f"<div>{bar} {escape(name)} {done:,} of {of:,}</div>"
