"""`curate plan`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from curate.run.plan import Need, Plan

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
    """Show what a build would run, what is already measured, and how long the rest should take.

    Files are hashed, nothing else is computed. Steps after the first that lacks values are marked
    estimated: their numbers are upper bounds.
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
    from curate.governance.energy import grams

    grid = planned.grid
    return {
        "rows": planned.rows,
        "unfetched": planned.unfetched,
        "steps": [
            {**asdict(step), "kwh": step.kwh, "g_co2e": grams(step.kwh, grid)}
            for step in planned.steps
        ],
        "grid": None if grid is None else grid.model_dump(),
        "missing": planned.missing,
        "seconds": planned.seconds,
        "kwh": planned.kwh,
        "g_co2e": planned.g_co2e,
    }


def _show(planned: Plan) -> None:
    from curate.pairs.printable import printable

    if planned.unfetched:
        click.echo(
            f"{planned.unfetched:,} files are to be fetched first, which are not planned here"
        )
    click.echo(f"{planned.rows:,} rows\n")
    for number, step in enumerate(planned.steps):
        mark = "  (estimated)" if step.estimated else ""
        most = "at most " if step.estimated else ""
        click.echo(f"{number:02d} {printable(step.name)}: {most}{step.pairs:,} pairs{mark}")
        for need in step.needs:
            click.echo(
                f"     {need.measure:<18} {need.known:>8,} known {need.missing:>8,} to measure{_time(need)}"
            )
    click.echo(f"\n{planned.missing:,} values to measure, {_total(planned)}")


def _time(need: Need) -> str:
    from curate.governance.energy import kwh_in_words

    if not need.missing:
        return ""
    if need.seconds is None:
        return ""
    energy = "" if need.kwh is None else f", {kwh_in_words(need.kwh)}"
    return f"  about {need.seconds:.1f} s{energy}"


def _total(planned: Plan) -> str:
    if planned.seconds is None:
        return "for a time that is not known yet: this machine has not run all of these measures"
    return f"about {planned.seconds:.0f} s on this machine, {_energy(planned)}"


def _energy(planned: Plan) -> str:
    from curate.governance.energy import COUNTRY_NOT_STATED, kwh_in_words

    if planned.kwh is None:
        return "with energy that is not known yet"
    carbon = planned.g_co2e
    grams = COUNTRY_NOT_STATED if carbon is None else f"{carbon:.2g} g CO2e"
    return f"{kwh_in_words(planned.kwh)}, {grams}"
