"""Parquet tables, also those of `curate`'s own releases and of `datasets`.

Media may be paths, bytes, or both (`struct{bytes, path}`). Bytes are not read here: a cell says in
which row and column they lie.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from curate.errors import Unreadable
from curate.pairs.footer import footer_of, full_groups
from curate.sources.sheet import Sheet, require_columns
from curate.sources.table import Table
from curate.sources.value import EMBEDDED

if TYPE_CHECKING:
    import polars as pl

MOST_ROWS = 100_000_000
Values = TypeVar("Values", bound="Sequence[Any] | pl.Series")


class Parquet(Table):
    """Rows of Parquet files."""

    word: ClassVar[str] = "parquet"
    summary: ClassVar[str] = "Rows of Parquet files; media by path or embedded."
    examples: ClassVar[tuple[str, ...]] = (
        '- parquet: {path: "releases/birds/1.0.0/data/**/*.parquet", image: image, caption: caption}',
    )

    def read(
        self, sheet: Sheet, columns: Mapping[str, bool]
    ) -> dict[str, Sequence[Any] | pl.Series]:
        import polars as pl
        import pyarrow as pa

        unsound = (
            pa.ArrowInvalid,
            pa.ArrowNotImplementedError,
            pl.exceptions.PolarsError,
            pl.exceptions.PanicException,
            OSError,
            Unreadable,
            UnicodeDecodeError,
        )
        try:
            return self._columns_of(sheet, columns)
        except unsound as error:
            raise sheet.fail(f"is no sound Parquet file: {error}") from None

    def _columns_of(
        self, sheet: Sheet, columns: Mapping[str, bool]
    ) -> dict[str, Sequence[Any] | pl.Series]:
        import polars as pl
        import pyarrow.parquet as pq

        with pq.ParquetFile(sheet.path) as file:
            require_columns(sheet, columns, file.schema_arrow.names)
            height = _height(file.metadata)
            found: dict[str, Sequence[Any] | pl.Series] = {
                column: _media(sheet.path, file, column) if media else _values(file, column)
                for column, media in columns.items()
                if media or not _is_plain(file.schema_arrow.field(column).type)
            }
        plain = [column for column in columns if column not in found]
        whole = pl.read_parquet(sheet.path, columns=plain, glob=False) if plain else pl.DataFrame()
        return {**found, **{each.name: _all(height, each) for each in whole}}


def _height(footer: Any) -> int:
    """Rows; what a footer says of them takes no bytes, and a list of them does."""
    groups = [footer.row_group(at).num_rows for at in range(footer.num_row_groups)]
    height: int = footer.num_rows
    if height != sum(groups) or min(groups, default=0) < 0:
        raise Unreadable(f"its parts have {sum(groups)} rows, and all of it {height}")
    if height > MOST_ROWS:
        raise Unreadable(
            f"{height:,} rows are more than the {MOST_ROWS:,} that are read of one file"
        )
    return height


def _all(height: int, values: Values) -> Values:
    """The values, which are one for each row of the table."""
    if len(values) != height:
        raise Unreadable(f"{len(values)} values stand in {height} rows")
    return values


def _values(file: Any, column: str) -> list[Any]:
    values = file.read(columns=[column]).column(column).to_pylist()
    return _all(file.metadata.num_rows, values)


def _is_plain(kind: Any) -> bool:
    """Whether polars and Parquet mean the same by it, so that it is worked on as a whole."""
    import pyarrow as pa

    types = pa.types
    checks = (
        types.is_string,
        types.is_large_string,
        types.is_boolean,
        types.is_signed_integer,
        types.is_float64,
    )
    return any(check(kind) for check in checks)


def media_values(paths: list[Any], embedded: list[bool]) -> list[Any]:
    """Bytes where there are any, else the path."""
    return [EMBEDDED if here else path for path, here in zip(paths, embedded, strict=True)]


def _media(path: str, file: Any, column: str) -> list[Any]:
    import pyarrow as pa

    kind = file.schema_arrow.field(column).type
    if pa.types.is_struct(kind):
        parts = {kind.field(at).name for at in range(kind.num_fields)}
        paths = _paths(file, column) if "path" in parts else [None] * file.metadata.num_rows
        if "bytes" not in parts:
            return paths
        return media_values(paths, _present(path, file, f"{column}.bytes"))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        present = _present(path, file, column)
        return media_values([None] * len(present), present)
    return _values(file, column)


def _paths(file: Any, column: str) -> list[Any]:
    values = file.read(columns=[f"{column}.path"]).column(column).to_pylist()
    return _all(file.metadata.num_rows, [value and value["path"] for value in values])


def _present(path: str, file: Any, leaf: str) -> list[bool]:
    """Which rows have bytes; from the statistics, so that the bytes themselves stay unread."""
    leaves = (f"{file.schema.column(at).path}." for at in range(len(file.schema)))
    at = next(at for at, name in enumerate(leaves) if name.startswith(f"{leaf}."))
    present: list[bool] = []
    for group, is_full in enumerate(full_groups(footer_of(path), at)):
        if is_full:
            present += [True] * file.metadata.row_group(group).num_rows
        else:
            present += _valid(file.read_row_group(group, columns=[leaf]).column(0))
    return _all(file.metadata.num_rows, present)


def _valid(column: Any) -> list[bool]:
    import pyarrow as pa
    import pyarrow.compute as pc

    leaf = pc.struct_field(column, [0]) if pa.types.is_struct(column.type) else column
    valid: list[bool] = leaf.is_valid().to_pylist()
    return valid
