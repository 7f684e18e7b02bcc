"""`curate plan`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from curate.governance.grid import Grid
    from curate.run.plan import Need, Plan, PlannedStep

EXAMPLES = """\b
Examples:
  curate plan recipes/stamps.yaml
  curate plan recipes/stamps.yaml --limit 200
  curate plan recipes/stamps.yaml --json
"""


@click.command(epilog=EXAMPLES)
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--limit", type=click.IntRange(1), help="As for a build of so many rows.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def plan(recipe: Path, limit: int | None, as_json: bool) -> None:
    """Show what a build would run, what is already measured, and what the rest should take.

    Files are hashed, nothing else is computed. Steps after the first that lacks values are marked
    estimated: their numbers are upper bounds. Time is told by what this machine took before, for as
    many pairs as were left then.
    """
    from curate.recipe import read_recipe
    from curate.run.build import Options
    from curate.run.plan import plan as look
    from curate.watching import watching

    read = read_recipe(recipe)
    with watching():
        planned = look(read, Options(limit=limit))
    if as_json:
        click.echo(json.dumps(document(planned), indent=1))
    else:
        _show(planned)


def document(planned: Plan) -> dict[str, Any]:
    """A plan as JSON."""
    grid = planned.grid
    return {
        "rows": planned.rows,
        "unfetched": planned.unfetched,
        "steps": [_step(step, grid) for step in planned.steps],
        "closing": [_step(step, grid) for step in planned.closing],
        "gathering": planned.gathering,
        "grid": None if grid is None else grid.model_dump(),
        "missing": planned.missing,
        "seconds": planned.seconds,
        "at_least": planned.at_least,
        "unknown": planned.unknown,
        "bytes": asdict(planned.demand),
        "free": asdict(planned.free),
        "kwh": planned.kwh,
        "g_co2e": planned.g_co2e,
    }


def _step(step: PlannedStep, grid: Grid | None) -> dict[str, Any]:
    from curate.governance.energy import grams

    return {**asdict(step), "kwh": step.kwh, "g_co2e": grams(step.kwh, grid)}


def _show(planned: Plan) -> None:
    if planned.unfetched:
        click.echo(
            f"{planned.unfetched:,} files are to be fetched first, which are not planned here"
        )
    click.echo(f"{planned.rows:,} rows\n")
    for number, step in enumerate(planned.steps):
        _show_step(f"{number:02d}", step)
    for step in planned.closing:
        _show_step("  ", step)
    click.echo(f"\n{planned.missing:,} values to measure, {planned.cost}")
    for line in planned.room:
        click.echo(line)


def _show_step(number: str, step: PlannedStep) -> None:
    from curate.pairs.printable import printable

    mark = "  (estimated)" if step.estimated else ""
    most = "at most " if step.estimated else ""
    click.echo(f"{number} {printable(step.name)}: {most}{step.pairs:,} pairs{_whole(step)}{mark}")
    for need in step.needs:
        click.echo(
            f"     {need.measure:<18} {need.known:>8,} known {need.missing:>8,} to measure{_time(need)}"
        )


def _whole(step: PlannedStep) -> str:
    from curate.run.amounts import time_in_words

    return f", about {time_in_words(step.seconds)}" if step.seconds >= 0.05 else ""


def _time(need: Need) -> str:
    from curate.governance.energy import kwh_in_words
    from curate.run.amounts import time_in_words

    if not need.missing:
        return ""
    if need.seconds is None:
        return "  not measured here yet"
    energy = "" if need.kwh is None else f", {kwh_in_words(need.kwh)}"
    return f"  about {time_in_words(need.seconds)}{energy}"
