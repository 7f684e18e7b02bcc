"""`curate card`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from curate.cards.lacking import Lack

EXAMPLES = """\b
Examples:
  curate card --questions > recipes/stamps.answers.yaml
  curate card --questions --recipe recipes/stamps.yaml
  curate card releases/stamps/1.0.0 --check
  curate card releases/stamps/1.0.0 --check --json
"""


@click.command(epilog=EXAMPLES)
@click.argument("release", type=click.Path(path_type=Path), required=False)
@click.option("--questions", is_flag=True, help="Write what only people can answer, as YAML.")
@click.option(
    "--recipe",
    type=click.Path(path_type=Path),
    help="Put the questions into this recipe's file of answers; what is answered there stays.",
)
@click.option("--check", is_flag=True, help="Say what RELEASE lacks, for which standard.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def card(
    release: Path | None, questions: bool, recipe: Path | None, check: bool, as_json: bool
) -> None:
    """Ask people what no file can tell, and say what a release lacks for which standard.

    A recipe names its answers with `governance: {answers: FILE}`.
    """
    if questions == check or check != (release is not None):
        raise click.UsageError("either --questions, or RELEASE with --check")
    if release is not None:
        _check(release, as_json)
    elif recipe is None:
        from curate.governance.questionnaire import HEAD, questionnaire

        click.echo(HEAD + questionnaire(), nl=False)
    else:
        from curate.recipe.answers import ask

        asked = ask(recipe)
        told = f": {asked.added} questions added" if asked.added else " has every question"
        click.echo(f"{asked.path}{told}")
        if not asked.named:
            click.echo(f"name it in the recipe: governance: {{answers: {asked.path.name}}}")


def _check(release: Path, as_json: bool) -> None:
    from curate.cards.hub import objections
    from curate.cards.lacking import lacking
    from curate.release.evidence import front_matter_of, read_facts

    found = lacking(read_facts(release))
    refused = list(objections(front_matter_of(release)))
    if as_json:
        document = {title: [asdict(lack) for lack in lacks] for title, lacks in found.items()}
        document["Hugging Face card"] = [{"refused": one} for one in refused]
        click.echo(json.dumps(document, indent=1))
        return
    for title, lacks in found.items():
        _show(title, lacks)
    click.secho("\nHugging Face card", bold=True)
    for one in refused or ["nothing that the hub would refuse"]:
        click.echo(f"  {one}")


def _show(title: str, lacks: list[Lack]) -> None:
    click.secho(f"\n{title}", bold=True)
    if not lacks:
        click.echo("  nothing that it asks for is missing")
    for lack in lacks:
        click.echo(f"  {', '.join(lack.clauses)}: {lack.fact}")
        click.echo(f"    {lack.asked} ({lack.by})" if lack.asked else f"    from {lack.by}")
