"""`curate plan`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

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
    from curate.cli.progress import watching
    from curate.recipe import read_recipe
    from curate.run.build import Options
    from curate.run.plan import plan as look

    read = read_recipe(recipe)
    with watching():
        planned = look(read, Options(limit=limit))
    if as_json:
        found = {**asdict(planned), "missing": planned.missing, "seconds": planned.seconds}
        click.echo(json.dumps(found, indent=1))
    else:
        _show(planned)


def _show(planned: Plan) -> None:
    click.echo(f"{planned.rows:,} rows\n")
    for number, step in enumerate(planned.steps):
        mark = "  (estimated)" if step.estimated else ""
        most = "at most " if step.estimated else ""
        click.echo(f"{number:02d} {step.name}: {most}{step.pairs:,} pairs{mark}")
        for need in step.needs:
            click.echo(
                f"     {need.measure:<18} {need.known:>8,} known {need.missing:>8,} to measure{_time(need)}"
            )
    click.echo(f"\n{planned.missing:,} values to measure, {_total(planned)}")


def _time(need: Need) -> str:
    if not need.missing:
        return ""
    return "" if need.seconds is None else f"  about {need.seconds:.1f} s"


def _total(planned: Plan) -> str:
    if planned.seconds is None:
        return "for a time that is not known yet: this machine has not run all of these measures"
    return f"about {planned.seconds:.0f} s on this machine"
