"""Groups of two fields at once, and the combinations that nobody is in. Descriptive."""

from __future__ import annotations

from collections.abc import Container
from itertools import combinations, product

from curate.governance.estimate import Estimate, Record, share
from curate.governance.population import Counts, Field

MOST_EMPTY = 50
"""Empty combinations that are named, the least expected to be empty first."""


class Cell(Record):
    """A combination of groups that some pairs are in."""

    levels: tuple[str, str]
    n: int
    kept: int
    rate: Estimate | None


class Empty(Record):
    """A combination that no pair is in, before (`kept` is false) or after the decisions."""

    levels: tuple[str, str]
    expected: float
    """Pairs that would be in it if the two fields had nothing to do with one another."""


class Intersection(Record):
    """Two fields."""

    fields: tuple[str, str]
    cells: tuple[Cell, ...]
    hidden: int
    """Combinations with too few pairs to show."""
    emptied: tuple[tuple[str, str], ...]
    """Combinations that pairs were in and none was kept of."""
    empty: int
    """Combinations that no pair is in."""
    empty_named: tuple[Empty, ...]


def intersections(counts: Counts, hidden_below: int) -> tuple[Intersection, ...]:
    """Of every two fields."""
    return tuple(_of_two(counts, *two, hidden_below) for two in combinations(counts.fields, 2))


def _of_two(counts: Counts, one: Field, other: Field, hidden_below: int) -> Intersection:
    there = counts.across(one, other)
    named = [((one.levels[a], other.levels[b]), n, kept) for (a, b), (kept, n) in there.items()]
    empty = _empty(counts, one, other, there)
    return Intersection(
        fields=(one.name, other.name),
        cells=tuple(
            Cell(levels=levels, n=n, kept=kept, rate=share(kept, n))
            for levels, n, kept in named
            if n >= hidden_below
        ),
        hidden=sum(n < hidden_below for _, n, _ in named),
        emptied=tuple(levels for levels, n, kept in named if n >= hidden_below and kept == 0),
        empty=len(empty),
        empty_named=tuple(empty[:MOST_EMPTY]),
    )


def _empty(
    counts: Counts, one: Field, other: Field, there: Container[tuple[int, int]]
) -> list[Empty]:
    sizes = [{place: part.n for place, part in counts.by(field).items()} for field in (one, other)]
    total = max(1, counts.pairs.height)
    found = [
        Empty(
            levels=(one.levels[a], other.levels[b]),
            expected=round(sizes[0][a] * sizes[1][b] / total, 1),
        )
        for a, b in product(*sizes)
        if (a, b) not in there
    ]
    return sorted(found, key=lambda empty: (-empty.expected, empty.levels))
