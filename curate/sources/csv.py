"""Tables of comma-separated values. Every cell is text: what looks like a number stays as written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field as Key

from curate.sources.sheet import Sheet, read_utf8, require_columns
from curate.sources.table import Table

if TYPE_CHECKING:
    import polars as pl

LONGEST_CELL = 2**31 - 1


class Csv(Table):
    """Rows of CSV files whose first line names the columns."""

    word: ClassVar[str] = "csv"
    summary: ClassVar[str] = "Rows of CSV files; media by path, relative to the file."
    examples: ClassVar[tuple[str, ...]] = (
        "- csv: {path: pairs.csv, image: file, caption: title}",
        '- csv: {path: "shards/*.tsv", delimiter: "\\t", image: file, caption: title}',
    )

    delimiter: str = Key(",", min_length=1, max_length=1, description="What separates cells.")

    def read(self, sheet: Sheet, columns: Mapping[str, bool]) -> dict[str, pl.Series]:
        import polars as pl

        values = columns_of(sheet, quoted_lines(sheet, self.delimiter), columns)
        return {column: pl.Series(cells, dtype=pl.String) for column, cells in values.items()}


def columns_of(
    sheet: Sheet, lines: Iterator[tuple[int, list[str]]], columns: Iterable[str]
) -> dict[str, list[Any]]:
    """The wanted columns of numbered lines, of which the first names them all."""
    _, header = next(lines, (0, []))
    if not header:
        raise sheet.fail("is empty: its first line should name the columns")
    require_columns(sheet, columns, header)
    places = {column: header.index(column) for column in columns}
    values: dict[str, list[Any]] = {column: [] for column in columns}
    for number, line in lines:
        if len(line) != len(header):
            raise sheet.fail(f"line {number} has {len(line)} cells, the first line {len(header)}")
        for column, place in places.items():
            values[column].append(line[place] or None)
    return values


def quoted_lines(sheet: Sheet, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Lines that are not blank, with the number of their last line in the file."""
    csv.field_size_limit(LONGEST_CELL)
    text = io.StringIO(read_utf8(sheet), newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        for line in reader:
            if line:
                yield reader.line_num, line
    except csv.Error as error:
        raise sheet.fail(f"line {reader.line_num}: {error}") from None


def plain_lines(sheet: Sheet, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Numbered lines that are not blank, of a table that knows no quoting."""
    for number, line in enumerate(read_utf8(sheet).split("\n"), start=1):
        if line.strip():
            yield number, line.removesuffix("\r").split(delimiter)
