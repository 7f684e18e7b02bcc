"""`curate.build` and `curate.plan`: what the commands do, with an answer to ask further."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from curate.engines.choice import EngineName
from curate.notebook.answer import Answer, Block, Line, Table, Title
from curate.notebook.progress import watching
from curate.notebook.release import Release, load_release
from curate.recipe import Recipe, read_recipe
from curate.run.build import Options
from curate.run.build import build as conduct
from curate.run.plan import Plan, PlannedStep
from curate.run.plan import plan as look


def build(
    recipe: Path | str | Recipe,
    *,
    limit: int | None = None,
    workers: int | None = None,
    budget_minutes: float | None = None,
    budget_kwh: float | None = None,
    engine: EngineName = "local",
    address: str | None = None,
) -> Release:
    """Turn a recipe into a release, as `curate build` does, and open it.

    `limit` takes a sample of so many rows and publishes it as the draft; `workers` are threads that
    measure, by default one per core. Once `budget_minutes` have gone by or `budget_kwh` are used, it
    stops with `BudgetSpent`; the same call goes on later. `engine="ray"` measures on the Ray cluster at `address`, or on
    one that is started here. What is measured already is not measured again. Raises `CurateError`:
    `RecipeError` with every complaint, `DataError`, `GateFailed`, `BudgetSpent`, `ReleaseExists`.

        release = curate.build("recipes/openmoji.yaml", limit=200)
    """
    options = Options(
        workers=workers,
        limit=limit,
        engine=engine,
        address=address,
        minutes=budget_minutes,
        kwh=budget_kwh,
    )
    with watching() as progress:
        built = conduct(_read(recipe), options, progress)
    return load_release(built.path)


def plan(recipe: Path | str | Recipe, *, limit: int | None = None) -> Planned:
    """Say what a build would run, what is measured already, and how long the rest should take.

    Files are hashed, nothing else is computed. Raises `RecipeError` or `DataError`.

        curate.plan("recipes/openmoji.yaml").plan.missing    # values to measure
    """
    with watching():
        return Planned(look(_read(recipe), Options(limit=limit)))


def _read(recipe: Path | str | Recipe) -> Recipe:
    return recipe if isinstance(recipe, Recipe) else read_recipe(recipe)


@dataclass(frozen=True, repr=False)
class Planned(Answer):
    """What a build would do."""

    plan: Plan

    def blocks(self) -> Iterator[Block]:
        yield Title(f"{self.plan.rows:,} rows")
        rows = tuple(row for step in self.plan.steps for row in _rows(step))
        yield Table(("step", "pairs", "measure", "known", "to measure"), rows)
        if any(step.estimated for step in self.plan.steps):
            yield Line("From the first step that lacks values on, pairs are at most so many.")
        yield Line(f"{self.plan.missing:,} values to measure, {self.plan.cost}")
        for line in self.plan.room:
            yield Line(line)


def _rows(step: PlannedStep) -> Iterator[tuple[str | int | None, ...]]:
    yield (step.name, step.pairs, None, None, None)
    for need in step.needs:
        yield (None, None, need.measure, need.known, need.missing)
