"""`curate init`."""

from __future__ import annotations

import json
from pathlib import Path

import click

EXAMPLES = """\b
Examples:
  curate init
  curate init my-data
"""

_RECIPE = """\
# yaml-language-server: $schema=../.curate/recipe.schema.json
# Build with:  curate build recipes/first.yaml
# Put images with captions beside them into media/ (duck.png, duck.txt), then change what you like.
name: first
version: draft

fields:
  image:   {type: image}
  caption: {type: text, language: en}

sources:
  - folder:
      path: ../media
      image: ["**/*.png", "**/*.jpg", "**/*.jpeg", "**/*.webp"]
      caption: "{stem}.txt"

steps:
  - filter: {image.min_side: 64, caption.words: {min: 2}}
  - dedup: {exact: pair}
  - dedup: {near: image}
  - split: {train: 0.9, test: 0.1}
"""

_IGNORED = ".curate/\nexports/\nreleases/\n"


@click.command(epilog=EXAMPLES)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
def init(folder: Path) -> None:
    """Make a workspace: a first recipe, a folder for media, and a schema for editors.

    Nothing that is there already is changed.
    """
    from curate.recipe import recipe_schema

    files = {
        "recipes/first.yaml": _RECIPE,
        ".curate/recipe.schema.json": json.dumps(recipe_schema(), indent=1) + "\n",
        ".gitignore": _IGNORED,
    }
    (folder / "media").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name
        word = "there is" if path.exists() else "made"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(text)
        click.echo(f"{word} {path}")
    click.echo("\nnext: put media into media/, then\n  curate build recipes/first.yaml")
