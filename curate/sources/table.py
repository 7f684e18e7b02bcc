"""Pairs from the rows of tables: CSV, JSON lines, Parquet.

A field is bound to a column. Media are named by paths relative to their table's folder, or lie in
the table itself as bytes (Parquet). Several tables may be named by a glob and are read in sorted
order. A table that cannot be parsed ends the build, with the line: half of it would be worse.
"""

from __future__ import annotations

import posixpath
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import Field as Key

from curate.pairs.field import MEDIA
from curate.sources.boundary import Boundary, leaves
from curate.sources.cell import ABSENT, Cell, required
from curate.sources.pattern import MAGIC
from curate.sources.sheet import Sheet, sheets
from curate.sources.source import Source
from curate.sources.value import EMBEDDED, Clip, metadata_of, text_of, together

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from curate.pairs.field import Field, Fields

Values: TypeAlias = "Mapping[str, Sequence[Any] | pl.Series]"
"""Of one sheet, by column."""


class Table(Source):
    """Base of the sources that read table files."""

    path: str = Key(
        min_length=1,
        description="The table, relative to the recipe; a glob for several with the same columns.",
    )

    @abstractmethod
    def read(self, sheet: Sheet, columns: Mapping[str, bool]) -> Values:
        """Values of the named columns; a column is true where it holds media. A column of one plain
        type may be a series: it is then worked on as a whole.
        """

    def sheets(self, base: Path) -> tuple[Path, list[Sheet]]:
        """The folder that holds all media, and the tables."""
        return sheets(base, self.path, "table")

    def placed(self, column: str, values: Values) -> list[Any]:
        """Where the media lie that a column names: paths relative to the sheet's folder.

        A path may be a `Clip` too, or a `Cell` that says where else, or what is wrong.
        """
        return list(values[column])

    def rows(self, fields: Fields, base: Path, name: str) -> pl.DataFrame:
        import polars as pl

        from curate.sources.frame import assemble

        root, sheets = self.sheets(base)
        boundary = Boundary(root)
        rows: list[pl.Series] = []
        cells: dict[str, list[pl.DataFrame]] = {}
        metadata: dict[str, list[Sequence[Any] | pl.Series]] = {}
        for sheet in sheets:
            values = self.read(sheet, self._columns(fields))
            rows.append(self._rows(sheet, len(next(iter(values.values()), []))))
            for key, field in self._bound(fields).items():
                found = values[self.bindings[key]]
                if field.type == "metadata":
                    metadata.setdefault(key, []).append(found)
                else:
                    read = self._cells(sheet, self.bindings[key], values, field, boundary)
                    cells.setdefault(key, []).append(read)
        columns = {key: pl.concat(parts) for key, parts in cells.items()}
        series = {key: metadata_of(key, together(parts)) for key, parts in metadata.items()}
        return assemble(name, pl.concat(rows), columns, series, fields)

    def _rows(self, sheet: Sheet, height: int) -> pl.Series:
        """What the rows of a sheet are called."""
        import polars as pl

        numbers = pl.int_range(height, eager=True).cast(pl.String)
        return f"{sheet.uri}#" + numbers if self._many else numbers

    def _cells(
        self,
        sheet: Sheet,
        column: str,
        values: Values,
        field: Field,
        boundary: Boundary,
    ) -> pl.DataFrame:
        import polars as pl

        from curate.sources.frame import as_frame, text_cells

        found = values[column]
        if field.type in MEDIA:
            found = self.placed(column, values)
        elif isinstance(found, pl.Series) and found.dtype == pl.String:
            return text_cells(found, sheet.uri, column, field)
        cells = table_cells(sheet, column, found, field, boundary)
        return as_frame([required(cell, field) for cell in cells])

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
    sheet: Sheet, column: str, values: Iterable[Any], field: Field, boundary: Boundary
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
