"""`curate probe`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from curate.evaluation.probe import Probed, Share

EXAMPLES = """\b
Examples:
  curate probe recipes/stamps.yaml
  curate probe recipes/stamps.yaml --pairs 300 --out probes.json
  curate probe recipes/stamps.yaml --limit 500 --json
"""


@click.command(epilog=EXAMPLES)
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--pairs", type=click.IntRange(2, 10_000), default=100, show_default=True)
@click.option("--limit", type=click.IntRange(1), help="As for a build of so many rows.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the document to a file too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def probe(recipe: Path, pairs: int, limit: int | None, out: Path | None, as_json: bool) -> None:
    """Plant personal data, places, wrong captions and copies, and see what reaches the release.

    The recipe's own steps run over its pairs with things planted in some of them; nothing is
    published. The recipe's `evaluate: - probes: {}` has the same in every release.
    """
    from curate.evaluation.probes import Probes
    from curate.recipe import read_recipe
    from curate.run.build import Options
    from curate.run.probing import probed
    from curate.watching import watching

    read = read_recipe(recipe)
    with watching() as progress:
        found = probed(read, Probes(pairs=pairs), Options(limit=limit), progress)
    document = found.model_dump_json(indent=1)
    if out is not None:
        out.write_text(document + "\n")
    if as_json:
        click.echo(document)
    else:
        _show(found)


def _show(found: Probed) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=True)
    table = Table("probe", "what became of it", "share", "95 %", "of", title_justify="left")
    for column in table.columns[2:]:
        column.justify = "right"
    for each in found.probes:
        if each.why is not None:
            table.add_row(each.probe, f"not applicable: {each.why}", style="dim")
        for place, share in enumerate(each.shares):
            table.add_row("" if place else each.probe, *_cells(share))
    console.print(table)
    for each in found.probes:
        if each.note is not None:
            console.print(f"{each.probe}: {each.note}", markup=False, style="dim")


def _cells(share: Share) -> tuple[str, ...]:
    return (
        share.name,
        f"{share.value:.1%}",
        f"{share.low:.1%} to {share.high:.1%}",
        f"{share.n:,}",
    )
