"""Pairs from how files are named: a glob makes the rows, templates find what belongs to each.

Links to files are followed inside the folder only, links to folders never; files and folders whose
names begin with a dot are not looked at unless the glob says the dot. A zip archive is read as the
folder that it holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ConfigDict
from pydantic import Field as Key

from curate.errors import DataError
from curate.sources.binding import Binding, objections, well_formed
from curate.sources.cell import ABSENT, Cell, encodable, required
from curate.sources.pattern import Template
from curate.sources.source import Source
from curate.sources.text_file import read_text
from curate.sources.tree import Tree, walk
from curate.steps.step import Objection

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from curate.pairs.field import Field, Fields


class Folder(Source):
    """Files below one folder, paired by their names."""

    model_config = ConfigDict(
        json_schema_extra={
            "additionalProperties": {
                "type": ["string", "array"],
                "items": {"type": "string"},
                "description": "A field's glob, or a template of the file that belongs to it.",
            }
        },
    )

    word: ClassVar[str] = "folder"
    summary: ClassVar[str] = "Files below a folder, paired by their names."
    examples: ClassVar[tuple[str, ...]] = (
        '- folder: {path: photos, image: "**/*.jpg", caption: "{stem}.txt"}',
        """- folder:
    path: birds
    image: ["**/*.png", "**/*.svg"]      # the files that make the rows
    caption: "{stem}.txt#1"              # beside them: the first line
    caption_fr: "{stem}.txt#fr.utf8"     # the line fr.utf8=...
    kind: "{parent0}"                    # the first folder below birds""",
    )

    glob: ClassVar[str] = "**/*.png"
    """What the recipe's author is shown as an example."""

    path: str = Key(
        min_length=1, description="The folder, or a zip archive, relative to the recipe."
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        finders = [key for key, bound in self._content(fields).items() if bound.finds]
        if not finders:
            expected = f"one field with a pattern like '{self.glob}'"
            yield Objection((), "no field is bound to a glob", expected=expected)
        for key in finders[1:]:
            yield Objection(
                (key,),
                f"'{key}' is a glob, and so is '{finders[0]}'; only one can make the rows",
                expected="a template like '{stem}.txt'",
            )

    def check_binding(self, key: str, binding: Any, field: Field) -> Iterator[Objection]:
        if well_formed(binding):
            yield from objections(key, Binding.of(binding, field), field)
        else:
            expected = f"a glob like '{self.glob}' or a template like '{{stem}}.txt'"
            yield Objection((key,), f"'{key}' is bound to no text", expected=expected)

    def rows(self, fields: Fields, base: Path, name: str) -> pl.DataFrame:
        from curate.sources.frame import assemble

        content = self._content(fields)
        primary = next(key for key, bound in content.items() if bound.finds)
        tree = self._tree(base, content[primary])
        found = self._found(tree, primary, content[primary])
        cells = _cells(tree, found, content, fields)
        self._require_matches(tree, found, cells, content)
        found += tree.blocked
        cells[primary] += tree.blocked.values()
        complete = {
            key: [required(cell, fields[key]) for cell in _padded(column, len(found))]
            for key, column in cells.items()
        }
        metadata = self._metadata(fields, found)
        return assemble(name, list(map(encodable, found)), complete, metadata, fields)

    def _content(self, fields: Fields) -> dict[str, Binding]:
        return {
            key: Binding.of(value, fields[key])
            for key, value in self.bindings.items()
            if key in fields and fields[key].type != "metadata" and well_formed(value)
        }

    def _tree(self, base: Path, bound: Binding) -> Tree:
        try:
            return walk(base / self.path, bound.patterns)
        except OSError as error:
            raise DataError(
                f"the folder '{self.path}' cannot be read: {error.strerror}",
                "a source's path is relative to the recipe's folder",
            ) from None

    def _found(self, tree: Tree, primary: str, bound: Binding) -> list[str]:
        found = tree.matching(bound.patterns)
        if not found and not tree.blocked:
            stops = "; ".join(f"'{each.text}': {tree.stops(each)}" for each in bound.patterns)
            raise DataError(
                f"{primary} matches nothing in the folder '{self.path}'. {stops}",
                "letters' case counts; '**/' stands for any number of folders",
            )
        return found

    def _require_matches(
        self,
        tree: Tree,
        found: list[str],
        cells: dict[str, list[Cell]],
        content: dict[str, Binding],
    ) -> None:
        """A template that no row can fill is a slip of the pen, even where pairs may lack it."""
        for key, column in cells.items():
            if column and all(cell.absent for cell in column):
                bound = content[key]
                part = f"#{bound.part}" if bound.part else ""
                beside = ", ".join(tree.siblings(found[0])[:6])
                raise DataError(
                    f"{key}: '{bound.texts[0]}{part}' matches nothing for any of {len(found)} rows;"
                    f" for '{found[0]}' it means '{column[0].uri}', and beside it are: {beside}",
                    "correct the template, or take the field out of the source",
                )

    def _metadata(self, fields: Fields, found: list[str]) -> dict[str, pl.Series]:
        import polars as pl

        names = [encodable(relative) for relative in found]
        return {
            key: pl.Series([Template(value).fill(name) for name in names], dtype=pl.String)
            for key, value in self.bindings.items()
            if key in fields and fields[key].type == "metadata"
        }


def _cells(
    tree: Tree, found: list[str], content: dict[str, Binding], fields: Fields
) -> dict[str, list[Cell]]:
    """Row by row, so that the fields which share a text file read it once."""
    cells: dict[str, list[Cell]] = {key: [] for key in content}
    for relative in found:
        for key, bound in content.items():
            cells[key].append(_cell(tree, relative, bound, fields[key].type == "text"))
    return cells


def _cell(tree: Tree, relative: str, bound: Binding, is_text: bool) -> Cell:
    cell = located(tree, relative, bound)
    return read_text(cell, bound.part) if is_text else cell


def located(tree: Tree, relative: str, bound: Binding) -> Cell:
    """The file that a field has for the row that another file makes; its own for that file."""
    place = relative if bound.finds else bound.template.locate(relative)
    return ABSENT if place is None else tree.locate(place)


def _padded(column: list[Cell], height: int) -> list[Cell]:
    return column + [ABSENT] * (height - len(column))
