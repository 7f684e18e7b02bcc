"""Hold examples that are not run against the code: recipes, steps, commands and programs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from ruamel.yaml import YAML

from curate.cli.main import COMMANDS
from curate.errors import CurateError
from curate.recipe import read_recipe
from curate.steps import registry
from docs.make.example import commands
from docs.make.page import Block, Page
from docs.make.reference import of_command


def complaints(page: Page, folder: Path) -> Iterator[str]:
    """What the blocks of a page say that `curate` does not know, with the line."""
    for block in page.blocks():
        for wrong in () if block.is_file else _of(block, folder):
            yield f"{page.path.name}:{block.begin}: {wrong}"


def _of(block: Block, folder: Path) -> Iterator[str]:
    if block.language == "yaml":
        yield from _yaml(block, folder)
    elif block.language == "sh":
        yield from (wrong for line in commands(block.text) for wrong in _command(line))
    elif block.language == "python":
        compile(block.text, "<example>", "exec")


def _yaml(block: Block, folder: Path) -> Iterator[str]:
    said: Any = YAML(typ="safe").load(block.text)
    if isinstance(said, dict) and "sources" in said and "name" in said:
        yield from _recipe(block, folder)
    for item in _steps(said):
        yield from _step(item)


def _steps(said: Any) -> list[Any]:
    """The steps that stand in a list, or below `steps`."""
    if isinstance(said, dict):
        said = said.get("steps")
    known = registry()
    items = said if isinstance(said, list) else []
    return [item for item in items if isinstance(item, dict) and set(item) & set(known)]


def _step(item: dict[str, Any]) -> Iterator[str]:
    ((word, settings),) = item.items()
    shapes = {shape.leads: shape for shape in registry()[word].shapes()}
    form = next((form for key, form in shapes.items() if key in settings), shapes.get(""))
    try:
        (form or registry()[word]).parse(settings)
    except (ValidationError, CurateError, ValueError) as error:
        yield f"{word}: {error}"


def _recipe(block: Block, folder: Path) -> Iterator[str]:
    path = folder / "recipes" / "example.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(block.text, encoding="utf-8")
    try:
        read_recipe(path)
    except CurateError as error:
        yield str(error)


def _command(line: str) -> Iterator[str]:
    words = shlex.split(line)
    if words[0] != "curate" or len(words) == 1 or words[1].startswith("-"):
        return
    if words[1] not in COMMANDS:
        yield f"there is no command 'curate {words[1]}'"
        return
    yield from (
        f"curate {words[1]} has no {word}" for word in words[2:] if not _known(words[1], word)
    )


def _known(name: str, word: str) -> bool:
    if not word.startswith("-"):
        return True
    context = of_command(name)
    options = {option for param in context.command.get_params(context) for option in param.opts}
    return word.partition("=")[0] in options or isinstance(context.command, click.Group)
