"""What each step said of each group. Descriptive: the tests are at the end of all steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from curate.governance.estimate import Estimate, Record, share
from curate.governance.population import Counts, Field, Places
from curate.ledger.verdict import LEAVES, VERDICTS


class Passed(Record):
    """A group at a step."""

    level: str
    seen: int | None
    """None where the group is too small to show."""
    left: int | None = None
    rate: Estimate | None = None
    """Stayed of those that the step saw."""
    verdicts: dict[str, int] | None = None
    """Pairs by verdict, all but `keep`."""


class StepPassage(Record):
    """A step, by field and group."""

    step: str
    name: str
    seen: int
    left: int
    fields: dict[str, tuple[Passed, ...]]


@dataclass(frozen=True)
class _Said:
    """What a step said: for each line the pair's place among the pairs, and the verdict's."""

    pair: Places
    verdict: Places
    seen: Places
    """Every pair that a line speaks of, once."""


def passages(decisions: pl.DataFrame, counts: Counts, hidden_below: int) -> tuple[StepPassage, ...]:
    """Every step that the ledger knows, in order."""
    return tuple(
        _passage(step, name, said, counts, hidden_below)
        for step, name, said in _steps(decisions, counts)
    )


def _steps(decisions: pl.DataFrame, counts: Counts) -> Iterator[tuple[str, str, _Said]]:
    """What each step said; of several lines that say one thing of a pair, one."""
    names = decisions.select("step", "name").unique("step").sort("step")
    place = counts.pairs.select("pair_id").with_row_index("pair")
    lines = decisions.select(
        "pair_id",
        pl.col("step").cast(pl.Enum(names["step"])).to_physical(),
        pl.col("verdict").cast(pl.Enum(VERDICTS)).to_physical(),
    ).join(place, on="pair_id")
    parts = lines.select("step", "verdict", "pair").partition_by("step", as_dict=True)
    for number, (step, name) in enumerate(names.iter_rows()):
        if (number,) in parts:
            columns = (parts[number,][key].to_numpy() for key in ("pair", "verdict"))
            pair, verdict = (column.astype(np.int64) for column in columns)
            yield step, name, _said(pair, verdict, counts.pairs.height)


def _said(pair: Places, verdict: Places, height: int) -> _Said:
    there = np.zeros(height, np.bool_)
    there[pair] = True
    seen = np.flatnonzero(there)
    if len(seen) < len(pair):
        verdict, pair = np.divmod(np.unique(verdict * height + pair), height)
    return _Said(pair, verdict, seen)


def _passage(step: str, name: str, said: _Said, counts: Counts, hidden_below: int) -> StepPassage:
    leaves = [VERDICTS.index(verdict) for verdict in LEAVES]
    return StepPassage(
        step=step,
        name=name,
        seen=len(said.seen),
        left=int(np.isin(said.verdict, leaves).sum()),
        fields={
            field.name: tuple(_levels(said, counts, field, hidden_below)) for field in counts.fields
        },
    )


def _levels(said: _Said, counts: Counts, field: Field, hidden_below: int) -> Iterator[Passed]:
    places, width = counts.places(field), len(field.levels)
    seen = np.bincount(places[said.seen], minlength=width)
    both = np.bincount(
        said.verdict * width + places[said.pair], minlength=width * len(VERDICTS)
    ).reshape(len(VERDICTS), width)
    for at in np.flatnonzero(seen):
        verdicts = {VERDICTS[row]: int(both[row, at]) for row in np.flatnonzero(both[:, at])}
        yield _passed(field.levels[at], int(seen[at]), verdicts, hidden_below)


def _passed(level: str, seen: int, verdicts: dict[str, int], hidden_below: int) -> Passed:
    if seen < hidden_below:
        return Passed(level=level, seen=None)
    left = sum(verdicts.get(verdict, 0) for verdict in LEAVES)
    others = {verdict: n for verdict, n in sorted(verdicts.items()) if verdict != "keep"}
    return Passed(level=level, seen=seen, left=left, rate=share(seen - left, seen), verdicts=others)
