"""Parquet tables, also those of `curate`'s own releases and of `datasets`.

Media may be paths, bytes, or both (`struct{bytes, path}`). Bytes are not read here: a cell says in
which row and column they lie.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from curate.sources.sheet import Sheet, require_columns
from curate.sources.table import Table
from curate.sources.value import EMBEDDED


class Parquet(Table):
    """Rows of Parquet files."""

    word: ClassVar[str] = "parquet"
    summary: ClassVar[str] = "Rows of Parquet files; media by path or embedded."
    examples: ClassVar[tuple[str, ...]] = (
        '- parquet: {path: "releases/birds/1.0.0/data/**/*.parquet", image: image, caption: caption}',
    )

    def read(self, sheet: Sheet, columns: Mapping[str, bool]) -> dict[str, list[Any]]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with pq.ParquetFile(sheet.path) as file:
                require_columns(sheet, columns, file.schema_arrow.names)
                return {
                    column: _media(file, column)
                    if media
                    else file.read(columns=[column]).column(column).to_pylist()
                    for column, media in columns.items()
                }
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
            raise sheet.fail(f"is no sound Parquet file: {error}") from None


def media_values(paths: list[Any], embedded: list[bool]) -> list[Any]:
    """Bytes where there are any, else the path."""
    return [EMBEDDED if here else path for path, here in zip(paths, embedded, strict=True)]


def _media(file: Any, column: str) -> list[Any]:
    import pyarrow as pa

    kind = file.schema_arrow.field(column).type
    if pa.types.is_struct(kind):
        parts = {kind.field(at).name for at in range(kind.num_fields)}
        paths = _paths(file, column) if "path" in parts else [None] * file.metadata.num_rows
        if "bytes" not in parts:
            return paths
        return media_values(paths, _present(file, f"{column}.bytes"))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return media_values([None] * file.metadata.num_rows, _present(file, column))
    values: list[Any] = file.read(columns=[column]).column(column).to_pylist()
    return values


def _paths(file: Any, column: str) -> list[Any]:
    values = file.read(columns=[f"{column}.path"]).column(column).to_pylist()
    return [value and value["path"] for value in values]


def _present(file: Any, leaf: str) -> list[bool]:
    """Which rows have bytes; from the statistics, so that the bytes themselves stay unread."""
    at = next(i for i in range(len(file.schema)) if file.schema.column(i).path == leaf)
    present: list[bool] = []
    for group in range(file.metadata.num_row_groups):
        chunk = file.metadata.row_group(group).column(at)
        statistics = chunk.statistics
        if statistics is not None and statistics.has_null_count and not statistics.null_count:
            present += [True] * chunk.num_values
        else:
            present += _valid(file.read_row_group(group, columns=[leaf]).column(0))
    return present


def _valid(column: Any) -> list[bool]:
    import pyarrow as pa
    import pyarrow.compute as pc

    leaf = pc.struct_field(column, [0]) if pa.types.is_struct(column.type) else column
    valid: list[bool] = leaf.is_valid().to_pylist()
    return valid
