"""Pairs from what the library `datasets` keeps: a folder that it saved, or a data set of the hub.

Media stay where they are: a cell names the row and column of the Arrow file that holds the bytes.
With a `revision`, `path` is the hub's name for the data set; without one it is a folder.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field as Key

from curate.errors import DataError, MissingExtra
from curate.pairs.field import MEDIA
from curate.sources.boundary import Boundary
from curate.sources.cell import Cell, required
from curate.sources.parquet import media_values
from curate.sources.sheet import Sheet, require_columns
from curate.sources.source import Source
from curate.sources.table import table_cells
from curate.sources.value import metadata_of

if TYPE_CHECKING:
    import polars as pl

    from curate.pairs.field import Field, Fields


class SavedDataset(Source):
    """Rows of one split of a data set."""

    word: ClassVar[str] = "dataset"
    summary: ClassVar[str] = "Rows that the library datasets saved to disk, or of the hub."
    examples: ClassVar[tuple[str, ...]] = (
        "- dataset: {path: saved/birds, split: train, image: image, caption: text}",
        "- dataset: {path: owner/birds, revision: 0a1b2c3, split: train, image: img, text: text}",
    )

    path: str = Key(
        min_length=1,
        description="A folder, relative to the recipe; with a revision, a name on the hub.",
    )
    revision: str | None = Key(
        None, min_length=1, description="The hub's commit or tag: a data set there may change."
    )
    split: str | None = Key(
        None, pattern=r"^\w+([.-]\w+)*$", description="Which split; needed where there are several."
    )

    @property
    def extras(self) -> tuple[str, ...]:
        return ("datasets",)

    def rows(self, fields: Fields, base: Path, name: str) -> pl.DataFrame:
        from curate.sources.frame import assemble

        table = self._load(base)
        bound = {key: field for key, field in fields.items() if key in self.bindings}
        wanted = dict.fromkeys(self.bindings.values(), False)
        require_columns(Sheet("", self.path), wanted, table.column_names)
        root = self._root(table, base)
        cells: dict[str, list[Cell]] = {}
        metadata: dict[str, pl.Series] = {}
        for key, field in bound.items():
            if field.type == "metadata":
                metadata[key] = metadata_of(key, _values(table, self.bindings[key]))
            else:
                cells[key] = list(_cells(table, self.bindings[key], field, root))
        rows = [str(at) for at in range(table.num_rows)]
        return assemble(name, rows, cells, metadata, fields)

    def _root(self, table: Any, base: Path) -> Path:
        """The folder that nothing is read outside of."""
        if self.revision is None:
            return base / self.path
        return Path(os.path.commonpath([os.path.dirname(path) for path, _ in _files(table)]))

    def _load(self, base: Path) -> Any:
        try:
            import datasets
        except ImportError:
            raise MissingExtra("the source 'dataset'", "datasets") from None

        if self.revision is None:
            return self._one_split(self._from_disk(datasets, base / self.path))
        try:
            return self._one_split(
                datasets.load_dataset(self.path, revision=self.revision, split=self.split)
            )
        except (OSError, ValueError) as error:
            raise DataError(f"the data set '{self.path}' cannot be had: {error}") from None

    def _from_disk(self, datasets: Any, folder: Path) -> Any:
        try:
            return datasets.load_from_disk(str(folder))
        except (OSError, ValueError) as error:
            raise DataError(
                f"'{self.path}' is no folder that datasets saved: {error}",
                "for a data set of the hub, give its revision",
            ) from None

    def _one_split(self, loaded: Any) -> Any:
        """The split asked for, or the only one."""
        if not isinstance(loaded, dict):
            return loaded
        names = list(loaded)
        if self.split in loaded or (self.split is None and len(names) == 1):
            return loaded[self.split or names[0]]
        raise DataError(
            f"'{self.path}' has the splits {', '.join(names)}", f"for example 'split: {names[0]}'"
        )


def _cells(table: Any, column: str, field: Field, root: Path) -> Iterator[Cell]:
    boundary = Boundary(root)
    values = _media(table, column) if field.type in MEDIA else _values(table, column)
    for sheet, part in _sheets(table, values, root):
        for cell in table_cells(sheet, column, part, field, boundary):
            yield required(cell, field)


def _values(table: Any, column: str) -> list[Any]:
    """Plain values; classes by their names."""
    values: list[Any] = table.data.column(column).to_pylist()
    names = getattr(table.features[column], "names", None)
    if names is None:
        return values
    return [names[value] if isinstance(value, int) and value >= 0 else None for value in values]


def _media(table: Any, column: str) -> list[Any]:
    """Bytes where there are any, else the path; the bytes themselves are not touched."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = table.data.column(column)
    if pa.types.is_binary(whole.type) or pa.types.is_large_binary(whole.type):
        return media_values([None] * len(whole), whole.is_valid().to_pylist())
    if not pa.types.is_struct(whole.type):
        values: list[Any] = whole.to_pylist()
        return values
    present = pc.struct_field(whole, "bytes").is_valid().to_pylist()
    return media_values(pc.struct_field(whole, "path").to_pylist(), present)


def _files(table: Any) -> list[tuple[str, int]]:
    """The Arrow files behind a data set, in order, with their numbers of rows."""
    from curate.pairs.media import arrow_table

    paths = [str(file["filename"]) for file in table.cache_files]
    files = [(path, arrow_table(path, os.stat(path).st_mtime_ns).num_rows) for path in paths]
    if sum(rows for _, rows in files) != table.num_rows:
        raise DataError("the data set is a view on its files", "save it to disk first")
    return files


def _sheets(table: Any, values: Sequence[Any], root: Path) -> Iterator[tuple[Sheet, list[Any]]]:
    """The values of each file, with what a release calls the file."""
    start = 0
    for path, rows in _files(table):
        relative = os.path.relpath(os.path.realpath(path), os.path.realpath(root))
        if relative.startswith(".."):
            raise DataError("the data set names files outside its folder")
        uri = Path(relative).as_posix()
        yield Sheet(path, uri, posixpath.dirname(uri)), list(values[start : start + rows])
        start += rows
