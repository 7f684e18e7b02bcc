"""Pairs from the rows of tables: CSV, JSON lines, Parquet.

A field is bound to a column. Media are named by paths relative to their table's folder, or lie in
the table itself as bytes (Parquet). Several tables may be named by a glob and are read in sorted
order. A table that cannot be parsed ends the build, with the line: half of it would be worse.
"""

from __future__ import annotations

import posixpath
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic import Field as Key

from curate.errors import DataError
from curate.pairs.field import MEDIA
from curate.sources.boundary import Boundary, leaves
from curate.sources.cell import ABSENT, Cell, required
from curate.sources.pattern import MAGIC, Pattern
from curate.sources.source import Source
from curate.sources.tree import walk
from curate.sources.value import EMBEDDED, metadata_of, text_of

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from curate.pairs.field import Field, Fields


@dataclass(frozen=True)
class Sheet:
    """One table file: where it is, and what a release calls it."""

    path: str
    uri: str

    def fail(self, message: str, hint: str | None = None) -> DataError:
        return DataError(f"{self.uri}: {message}", hint)


class Table(Source):
    """Base of the sources that read table files."""

    path: str = Key(
        min_length=1,
        description="The table, relative to the recipe; a glob for several with the same columns.",
    )

    @abstractmethod
    def read(self, sheet: Sheet, columns: Mapping[str, bool]) -> dict[str, list[Any]]:
        """Values of the named columns; a column is true where it holds media."""

    def rows(self, fields: Fields, base: Path, name: str) -> pl.DataFrame:
        from curate.sources.frame import assemble

        root, sheets = self._sheets(base)
        boundary = Boundary(root)
        rows: list[str] = []
        cells: dict[str, list[Cell]] = {}
        metadata: dict[str, list[Any]] = {}
        for sheet in sheets:
            values = self.read(sheet, self._columns(fields))
            height = len(next(iter(values.values()), []))
            rows += [f"{sheet.uri}#{at}" if self._many else str(at) for at in range(height)]
            for key, field in self._bound(fields).items():
                column = self.bindings[key]
                if field.type == "metadata":
                    metadata.setdefault(key, []).extend(values[column])
                    continue
                read = table_cells(sheet, column, values[column], field, boundary)
                cells.setdefault(key, []).extend(required(cell, field) for cell in read)
        series = {key: metadata_of(key, values) for key, values in metadata.items()}
        return assemble(name, rows, cells, series, fields)

    @property
    def _many(self) -> bool:
        return MAGIC.search(self.path) is not None

    def _bound(self, fields: Fields) -> Fields:
        return {key: field for key, field in fields.items() if key in self.bindings}

    def _columns(self, fields: Fields) -> dict[str, bool]:
        """Columns to read; true where a medium is wanted of one."""
        columns: dict[str, bool] = {}
        for key, field in self._bound(fields).items():
            column = self.bindings[key]
            columns[column] = columns.get(column, False) or field.type in MEDIA
        return columns

    def _sheets(self, base: Path) -> tuple[Path, list[Sheet]]:
        if not self._many:
            file = base / self.path
            if not file.is_file():
                raise DataError(
                    f"there is no table '{self.path}'",
                    "a source's path is relative to the recipe's folder",
                )
            return file.parent, [Sheet(str(file), file.name)]
        return self._matching(base)

    def _matching(self, base: Path) -> tuple[Path, list[Sheet]]:
        """The tables that a glob names, below the folder in which its first wildcard stands."""
        folders = self.path.split("/")
        first = next(at for at, part in enumerate(folders) if MAGIC.search(part))
        root = base / ("/".join(folders[:first]) or ("/" if self.path.startswith("/") else "."))
        pattern = Pattern("/".join(folders[first:]))
        try:
            tree = walk(root, [pattern])
        except OSError as error:
            raise DataError(f"'{self.path}': the folder cannot be read: {error.strerror}") from None
        found = [tree.locate(relative) for relative in tree.matching([pattern])]
        found += tree.blocked.values()
        if not found:
            raise DataError(f"'{self.path}' matches no table: {tree.stops(pattern)}")
        for cell in found:
            if cell.path is None:
                raise DataError(f"the table '{cell.uri}' is {cell.problem}: {cell.detail}")
        return root, [Sheet(cell.path or "", cell.uri or "") for cell in found]


def table_cells(
    sheet: Sheet, column: str, values: list[Any], field: Field, boundary: Boundary
) -> Iterator[Cell]:
    """One content column of one table."""
    for at, value in enumerate(values):
        member = f"{at}/{column}"
        if field.type in MEDIA:
            yield media_cell(sheet, member, value, boundary)
        else:
            yield text_of(value, f"{sheet.uri}#{member}")


def media_cell(sheet: Sheet, member: str, value: Any, boundary: Boundary) -> Cell:
    """Where a table says that a medium is."""
    if value is EMBEDDED:
        return Cell(uri=f"{sheet.uri}#{member}", path=sheet.path, member=member)
    if value is None or value == "":
        return ABSENT
    if not isinstance(value, str):
        return Cell(problem="unreadable", detail="holds no path of a file")
    if why := leaves(value):
        return Cell(problem="refused", detail=why)
    return boundary.locate(posixpath.join(posixpath.dirname(sheet.uri), value))


def require_columns(sheet: Sheet, wanted: Mapping[str, bool], there: list[str]) -> None:
    """Every column must exist, once."""
    for column in wanted:
        if column not in there:
            near = get_close_matches(column, there, n=1)
            meant = f"did you mean '{near[0]}'? " if near else ""
            raise sheet.fail(
                f"there is no column '{column}'", f"{meant}its columns are: {', '.join(there[:20])}"
            )
        if there.count(column) > 1:
            raise sheet.fail(
                f"the column '{column}' is there {there.count(column)} times", "rename one of them"
            )
