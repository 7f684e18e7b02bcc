"""What a build would do: the same course, asked not to compute.

As long as everything a step needs is measured, its decision is made for good and the next step's
numbers are exact. After the first step that lacks values all pairs are taken to stay, and what
follows is marked estimated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from curate.governance.energy import grams
from curate.governance.grid import Grid, grid_of
from curate.measures.measure import Measure
from curate.recipe import Recipe
from curate.run.asking import Asking
from curate.run.build import Options, opened
from curate.run.course import Stage
from curate.run.progress import Silence


@dataclass(frozen=True)
class Need:
    """What one measure has and lacks at one step."""

    measure: str
    known: int
    missing: int
    seconds: float | None
    """Expected for the missing values on this machine; None where it never ran here."""
    kwh: float | None
    """Expected for the missing values; None where none was ever metered."""


@dataclass(frozen=True)
class PlannedStep:
    """One step as it would run."""

    name: str
    pairs: int
    """Alive before it; at most so many when estimated."""
    estimated: bool
    needs: list[Need]

    @property
    def kwh(self) -> float | None:
        """Expected for what it lacks; None while any of it was never metered."""
        return _all_or_none([need.kwh for need in self.needs if need.missing])


@dataclass(frozen=True)
class Plan:
    """What a build would do."""

    rows: int
    steps: list[PlannedStep]
    grid: Grid | None
    """Of the country that the recipe states."""
    unfetched: int
    """Files behind URLs that a build would fetch first; nothing here speaks of their rows."""

    @property
    def missing(self) -> int:
        return sum(need.missing for step in self.steps for need in step.needs)

    @property
    def seconds(self) -> float | None:
        """Expected in all; None while a measure that is needed never ran here."""
        return _all_or_none(
            [need.seconds for step in self.steps for need in step.needs if need.missing]
        )

    @property
    def kwh(self) -> float | None:
        """Expected in all; None while a measure that is needed was never metered."""
        return _all_or_none([step.kwh for step in self.steps])

    @property
    def g_co2e(self) -> float | None:
        """Expected in all; None also where no country is stated."""
        return grams(self.kwh, self.grid)


def _all_or_none(costs: Sequence[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None


def plan(recipe: Recipe, options: Options | None = None) -> Plan:
    """Look, and compute nothing but file hashes."""
    with opened(recipe, options or Options(), Silence(), compute=False) as (course, asking):
        course.run(asking)
        counted: dict[str, pl.Series] = {}
        steps = [
            PlannedStep(stage.name, stage.pairs, stage.estimated, _needs(stage, asking, counted))
            for stage in course.stages
        ]
        country = recipe.governance.country
        grid = None if country is None else grid_of(country)
        gathered = course.gathered
        return Plan(sum(gathered.rows.values()), steps, grid, gathered.unfetched)


def _needs(stage: Stage, asking: Asking, counted: dict[str, pl.Series]) -> list[Need]:
    return [_need(measure, keys, stage, asking, counted) for measure, keys in stage.needs]


def _need(
    measure: Measure,
    keys: pl.Series,
    stage: Stage,
    asking: Asking,
    counted: dict[str, pl.Series],
) -> Need:
    """What is missing is counted where it is first asked for; a stage that could be decided
    asked for less than it might have, and lacks nothing.
    """
    shelf = asking.shelf(measure)
    missing = asking.missing(measure, keys)
    known = keys.len() - missing.len()
    missing = missing if stage.lacking else missing.clear()
    before = counted.get(shelf.folder.name)
    new = missing if before is None else missing.filter(~missing.is_in(before.implode()))
    counted[shelf.folder.name] = new if before is None else pl.concat([before, new])
    cost = shelf.cost()
    seconds = cost.seconds / cost.values * new.len() / asking.workers if cost.values else None
    kwh = None if cost.kwh_each is None else cost.kwh_each * new.len()
    return Need(measure.name, known, new.len(), seconds, kwh)
