"""`curate build`."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from curate.engines.choice import EngineName
    from curate.governance.energy import Energy
    from curate.run.build import Built

_OBJECTS = 50_000
"""New ones after which Python looks for cycles. Rows and items come in hundreds of thousands and are
none; after every 700, as by default, looking takes a seventh of a build of texts."""

EXAMPLES = """\b
Examples:
  curate build recipes/stamps.yaml
  curate build recipes/stamps.yaml --limit 200     a first try on a sample
  curate build recipes/stamps.yaml --budget-minutes 480     the rest tomorrow
  curate build recipes/stamps.yaml --json > build.json
"""


@click.command(epilog=EXAMPLES)
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option(
    "--limit", type=click.IntRange(1), help="Take a sample of so many rows; publishes a draft."
)
@click.option(
    "--workers", type=click.IntRange(1), help="Threads that measure; default: one per core."
)
@click.option(
    "--budget-minutes",
    type=click.FloatRange(0, min_open=True),
    help="Stop after so many minutes; the same command goes on later.",
)
@click.option(
    "--budget-kwh",
    type=click.FloatRange(0, min_open=True),
    help="Stop when so much energy is used, as far as it is metered.",
)
@click.option("--batch-size", type=click.IntRange(1), help="Contents handled at once by a worker.")
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="What measures run on.",
)
@click.option("--address", help="A Ray cluster that runs already; default: one is started here.")
@click.option(
    "--depot", help="URL where Ray's workers leave values, if they do not see the store's folder."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def build(
    recipe: Path,
    limit: int | None,
    workers: int | None,
    budget_minutes: float | None,
    budget_kwh: float | None,
    batch_size: int | None,
    engine: EngineName,
    address: str | None,
    depot: str | None,
    as_json: bool,
) -> None:
    """Turn a recipe into a release.

    What is already measured is not measured again. Nothing of the release is visible before all
    of it is; a published version never changes.
    """
    gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])
    from curate.recipe import read_recipe
    from curate.run.build import Options
    from curate.run.build import build as conduct
    from curate.watching import watching

    read = read_recipe(recipe)
    options = Options(
        workers=workers,
        batch_size=batch_size,
        limit=limit,
        engine=engine,
        address=address,
        minutes=budget_minutes,
        kwh=budget_kwh,
        depot=depot,
    )
    with watching() as progress:
        built = conduct(read, options, progress)
    if as_json:
        click.echo(json.dumps(document(built, progress.warnings), indent=1))
    else:
        from curate.cli.summary import show_built

        show_built(built, recipe, progress.warnings)


def document(built: Built, warnings: dict[str, int]) -> dict[str, Any]:
    """A build as JSON."""
    usage = built.usage
    return {
        "path": str(built.path),
        "digest": built.digest,
        "published": built.published,
        "pairs": _pairs(built),
        "steps": [
            {
                "step": s.step,
                "name": s.name,
                "pairs": s.pairs,
                "seconds": round(s.seconds, 4),
                "note": s.note,
            }
            for s in built.stages
        ],
        "evaluation": {word: said.value for word, said in built.facts.evaluation.items()},
        "gates": [held.model_dump() for held in built.held],
        "measures": {name: _spent(spent) for name, spent in sorted(usage.measures.items())},
        "fits": {name: _spent(spent) for name, spent in sorted(usage.fits.items())},
        "files": _spent(usage.files),
        "computed": usage.computed,
        "energy": _energy(built.energy),
        "warnings": warnings,
        "seconds": round(built.seconds, 4),
    }


def _pairs(built: Built) -> dict[str, Any]:
    pairs = built.facts.pairs
    counts = {name: getattr(pairs, name).value for name in ("read", "merged", "changed", "formed")}
    return {
        **counts,
        "parts": pairs.parts.value,
        "made": pairs.made.value,
        "kept": built.kept,
        "left": built.left,
    }


def _energy(energy: Energy) -> dict[str, Any]:
    """The figures of the whole build, as its document says them."""
    whole = {"method", "country", "kwh", "g_co2e", "saved_kwh", "saved_g_co2e", "notes"}
    return energy.model_dump(include=whole)


def _spent(spent: Any) -> dict[str, Any]:
    return {
        "computed": spent.computed,
        "reused": spent.reused,
        "seconds": round(spent.seconds, 4),
    }
