"""Pairs from the rows of tables: CSV, JSON lines, Parquet.

A field is bound to a column. Media are named by paths relative to their table's folder, or lie in
the table itself as bytes (Parquet). Several tables may be named by a glob and are read in sorted
order. A table that cannot be parsed ends the build, with the line: half of it would be worse.
"""

from __future__ import annotations

import posixpath
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field as Key

from curate.pairs.field import MEDIA
from curate.sources.boundary import Boundary, leaves
from curate.sources.cell import ABSENT, Cell, required
from curate.sources.pattern import MAGIC
from curate.sources.sheet import Sheet, sheets
from curate.sources.source import Source
from curate.sources.value import EMBEDDED, Clip, metadata_of, text_of

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from curate.pairs.field import Field, Fields


class Table(Source):
    """Base of the sources that read table files."""

    path: str = Key(
        min_length=1,
        description="The table, relative to the recipe; a glob for several with the same columns.",
    )

    @abstractmethod
    def read(self, sheet: Sheet, columns: Mapping[str, bool]) -> dict[str, list[Any]]:
        """Values of the named columns; a column is true where it holds media."""

    def sheets(self, base: Path) -> tuple[Path, list[Sheet]]:
        """The folder that holds all media, and the tables."""
        return sheets(base, self.path, "table")

    def placed(self, column: str, values: list[Any]) -> list[Any]:
        """Where the media lie that a column names: paths relative to the sheet's folder.

        A path may be a `Clip` too, or a `Cell` that says what is wrong.
        """
        return values

    def rows(self, fields: Fields, base: Path, name: str) -> pl.DataFrame:
        from curate.sources.frame import assemble

        root, sheets = self.sheets(base)
        boundary = Boundary(root)
        rows: list[str] = []
        cells: dict[str, list[Cell]] = {}
        metadata: dict[str, list[Any]] = {}
        for sheet in sheets:
            values = self.read(sheet, self._columns(fields))
            height = len(next(iter(values.values()), []))
            rows += [f"{sheet.uri}#{at}" if self._many else str(at) for at in range(height)]
            for key, field in self._bound(fields).items():
                if field.type == "metadata":
                    metadata.setdefault(key, []).extend(values[self.bindings[key]])
                else:
                    read = self._cells(sheet, self.bindings[key], values, field, boundary)
                    cells.setdefault(key, []).extend(read)
        series = {key: metadata_of(key, values) for key, values in metadata.items()}
        return assemble(name, rows, cells, series, fields)

    def _cells(
        self,
        sheet: Sheet,
        column: str,
        values: dict[str, list[Any]],
        field: Field,
        boundary: Boundary,
    ) -> Iterator[Cell]:
        found = values[column]
        if field.type in MEDIA:
            found = self.placed(column, found)
        for cell in table_cells(sheet, column, found, field, boundary):
            yield required(cell, field)

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
    if isinstance(value, Cell):
        return value
    if value is EMBEDDED:
        return Cell(uri=f"{sheet.uri}#{member}", path=sheet.path, member=member)
    if isinstance(value, Clip):
        cell = file_cell(sheet, value.path, boundary)
        return cell._replace(start=value.span.start, end=value.span.end)
    return file_cell(sheet, value, boundary)


def file_cell(sheet: Sheet, value: Any, boundary: Boundary) -> Cell:
    """The file at a path that stands in a table."""
    if value is None or value == "":
        return ABSENT
    if not isinstance(value, str):
        return Cell(problem="unreadable", detail="holds no path of a file")
    if why := leaves(value):
        return Cell(problem="refused", detail=why)
    return boundary.locate(posixpath.join(sheet.folder, value))
