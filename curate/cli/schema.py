"""`curate schema`."""

from __future__ import annotations

import json
from pathlib import Path

import click

EXAMPLES = """\b
Examples:
  curate schema > recipe.schema.json
  curate schema --output recipe.schema.json
\b
Editors with a YAML language server complete from it when a recipe begins with
  # yaml-language-server: $schema=recipe.schema.json
"""


@click.command(epilog=EXAMPLES)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
def schema(output: Path | None) -> None:
    """Print the JSON Schema of recipes, for editors and checkers."""
    from curate.recipe import recipe_schema

    text = json.dumps(recipe_schema(), indent=1)
    if output is None:
        click.echo(text)
    else:
        output.write_text(text + "\n")
