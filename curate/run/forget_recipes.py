"""Where the recipe of a release lies in a workspace, and the one thing that is changed in it: its version.

A successor is built of the recipe that the release itself holds, so that it differs in nothing but what
was forgotten. The file in the workspace is given the successor's version where it bears that of a
release that is no more: else it could not be built again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import CurateError
from curate.recipe.document import Document, read_document
from curate.recipe.recipe import read_recipe
from curate.run.forget_journal import Doomed

if TYPE_CHECKING:
    from curate.recipe.recipe import Recipe

_DRAFT = "draft"


def place_of(workspace: Path, name: str) -> Path:
    """The recipe's file, or where it would be."""
    found = [path for path, document in _recipes(workspace) if document.value.get("name") == name]
    return found[0] if found else workspace / "recipes" / f"{name}.yaml"


def recipe_of(workspace: Path, text: str, place: Path) -> Recipe:
    """A recipe's text, read as if it stood at a place: beside what it names, such as a policy."""
    folder = place.parent if place.parent.is_dir() else workspace / ".curate"
    with _staged(folder, text) as path:
        return replace(read_recipe(path), path=place)


def with_version(workspace: Path, text: str, version: str) -> str:
    """A recipe's text under another version, all else as it was."""
    with _staged(workspace / ".curate", text) as path:
        return _replaced(read_document(path)[0], version)


def next_version(release: Path) -> str:
    """The next patch that nothing stands under."""
    major, minor, patch = release.name.partition("-")[0].split(".")
    number = int(patch) + 1
    while (release.parent / f"{major}.{minor}.{number}").exists():
        number += 1
    return f"{major}.{minor}.{number}"


def set_version(workspace: Path, doomed: Doomed) -> None:
    """Give the workspace's recipe the successor's version, where it bears the one that is no more."""
    if doomed.version == _DRAFT or doomed.successor is None:
        return
    for path, document in _recipes(workspace):
        said = document.value
        if said.get("name") == doomed.name and said.get("version") == doomed.version:
            path.write_bytes(_replaced(document, doomed.successor).encode())


def _recipes(workspace: Path) -> Iterator[tuple[Path, Document]]:
    """The recipes of a workspace that can be read."""
    for folder in (workspace / "recipes", workspace):
        for path in sorted(folder.glob("*.y*ml")):
            try:
                document = read_document(path)[0]
            except CurateError:
                continue
            if isinstance(document.value, dict) and "fields" in document.value:
                yield path, document


def _replaced(document: Document, version: str) -> str:
    """The text with another value of `version`, in the place and the quotes of the old one."""
    text, place = document.page.text, document.value_span(("version",))
    written = text[place.start : place.end].replace(str(document.value["version"]), version)
    return text[: place.start] + written + text[place.end :]


@contextmanager
def _staged(folder: Path, text: str) -> Iterator[Path]:
    path = folder / ".forgetting"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    try:
        yield path
    finally:
        path.unlink()
