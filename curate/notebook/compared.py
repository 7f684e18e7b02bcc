"""What tells two releases apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from curate.notebook.answer import Answer, Block, Line, Table, Title
from curate.release.compare_words import drift_line, figure_line, share_line
from curate.release.comparison import Comparison

_MOST = 20
"""Lines of a kind; `comparison` has all."""


@dataclass(frozen=True, repr=False)
class Compared(Answer):
    """Two releases, the other one against this."""

    comparison: Comparison

    def blocks(self) -> Iterator[Block]:
        found = self.comparison
        yield Title(found.headline[0])
        yield from map(Line, found.headline[1:])
        names = dict.fromkeys([*found.a.splits, *found.b.splits])
        sizes = [(name, found.a.splits.get(name, 0), found.b.splits.get(name, 0)) for name in names]
        yield Table(("split", "then", "now"), tuple(sizes))
        for title, lines in self._lists():
            if lines:
                yield Table((), tuple((line,) for line in _some(lines)), title, folded=True)

    def _lists(self) -> Iterator[tuple[str, list[str]]]:
        found = self.comparison
        yield "Drift", [drift_line(one) for one in found.drift]
        yield "Groups", [share_line(one) for one in found.shares]
        yield "Figures", [figure_line(one) for one in found.figures]
        yield "Recipe and lock", [f"{one.path}: {one.then} → {one.now}" for one in found.lock]
        yield "Not compared", found.missing


def _some(lines: list[str]) -> list[str]:
    more = len(lines) - _MOST
    return [*lines[:_MOST], f"and {more:,} more"] if more > 0 else lines
