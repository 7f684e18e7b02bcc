"""One append-only file of values: written whole under another name, then renamed into place."""

from __future__ import annotations

import io
import json
import os
import secrets
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from curate.errors import StoreError

_NOTES = b"curate"
_RANGES = b"curate.keys"
"""First and last key of each row group. Parquet's own statistics say so too, but to ask a damaged file
for them ends the process.
"""
_READ_RANGES = TypeAdapter(list[tuple[str, str]] | None)
_ROWS_IN_GROUP = 16_384
_DAMAGE = (
    OSError,
    pa.ArrowException,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    ValueError,
)
"""What reading a file may raise that is not as it was written."""
Row: TypeAlias = "Mapping[str, pl.DataType | type[pl.DataType]]"
"""Columns and their types."""


def write_fragment(
    folder: Path, frame: pl.DataFrame, notes: Mapping[str, Any], name: str | None = None
) -> Path:
    """Write a frame so that a reader sees either all of it or nothing, even after a power cut; under
    a name, if one is given, so that who writes the same again puts it in its place.
    """
    folder.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(8)
    staged, final = folder / f".{token}.tmp", folder / f"{name or token}.parquet"
    try:
        with staged.open("wb") as file:
            _write(file, frame, notes)
            file.flush()
            os.fsync(file.fileno())
        staged.rename(final)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    return final


def fragment_bytes(frame: pl.DataFrame, notes: Mapping[str, Any]) -> bytes:
    """A fragment to be put somewhere else than in a folder."""
    file = io.BytesIO()
    _write(file, frame, notes)
    return file.getvalue()


def fragment_of(data: bytes) -> tuple[pl.DataFrame, dict[str, Any]] | None:
    """The rows and notes of a fragment's bytes; None if they are not whole."""
    try:
        with pq.ParquetFile(io.BytesIO(data), page_checksum_verification=True) as file:
            table = file.read()
        notes: dict[str, Any] = json.loads((table.schema.metadata or {}).get(_NOTES, b"{}"))
        return _frame(table), notes
    except _DAMAGE:
        return None


def _write(file: BinaryIO, frame: pl.DataFrame, notes: Mapping[str, Any]) -> None:
    said = {_NOTES: json.dumps(dict(notes)), _RANGES: json.dumps(_ranges(frame))}
    pq.write_table(
        frame.to_arrow().replace_schema_metadata(said),
        file,
        compression="zstd",
        row_group_size=_ROWS_IN_GROUP,
        use_dictionary=[name for name in frame.columns if _repeats(frame[name].dtype)],
        write_page_checksum=True,
    )


def _ranges(frame: pl.DataFrame) -> list[tuple[Any, Any]] | None:
    """None where there are no keys."""
    if "key" not in frame or not frame.height:
        return None
    groups = frame["key"].to_frame().iter_slices(_ROWS_IN_GROUP)
    return [(group["key"].min(), group["key"].max()) for group in groups]


def _repeats(kind: pl.DataType) -> bool:
    """Whether values of a type may be the same often: of vectors and hashes, looking is in vain."""
    return not isinstance(kind, pl.Array | pl.List | pl.Binary)


def read_fragment(
    path: Path, row: Row | None = None, among: pl.Series | None = None
) -> pl.DataFrame | None:
    """The fragment's rows, or None after setting a damaged file aside (its values are recomputed).
    One that the system does not give is not damaged: that is a `StoreError`.

    Given a row, only its columns are read, and a file that has others in their place is damaged. Given
    sorted keys, only parts of the file that may hold one of them are read; other rows come along.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            groups = _groups(file.metadata, among)
            table = file.read_row_groups(groups, columns=None if row is None else list(row))
        return _frame(table, row)
    except FileNotFoundError:
        return None
    except _DAMAGE as error:
        _check_given(path, error)
        _set_aside(path, error)
        return None


def _frame(table: pa.Table, row: Row | None = None) -> pl.DataFrame:
    plain = table.rename_columns(
        table.column_names
    )  # says so where a name is no UTF-8; polars panics
    frame = pl.from_arrow(plain.replace_schema_metadata())
    assert isinstance(frame, pl.DataFrame)
    other = [name for name, kind in (row or {}).items() if frame.schema.get(name) != kind]
    if other:
        raise ValueError(f"the column '{other[0]}' is not what was written")
    return frame


def _groups(metadata: Any, among: pl.Series | None) -> list[int]:
    """Row groups whose range of keys holds one of these, as far as the file says."""
    groups = list(range(metadata.num_row_groups))
    if among is None or not among.len():
        return groups if among is None else []
    ranges = _READ_RANGES.validate_json((metadata.metadata or {}).get(_RANGES, b"null"))
    if ranges is None:
        return groups
    firsts, lasts = (pl.Series(ends, dtype=pl.String) for ends in zip(*ranges, strict=True))
    start, end = among.search_sorted(firsts, "left"), among.search_sorted(lasts, "right")
    return [n for n in groups if start[n] < end[n]]


def read_notes(path: Path) -> dict[str, Any]:
    """What was noted beside the rows: how many there are and what they cost; nothing of a file whose
    notes are damaged.
    """
    try:
        metadata = pq.read_metadata(path)
        notes: dict[str, Any] = json.loads((metadata.metadata or {}).get(_NOTES, b"{}"))
    except FileNotFoundError:
        return {}
    except (OSError, pa.ArrowException, ValueError) as error:
        _check_given(path, error)
        return {}
    return {"rows": metadata.num_rows, **notes}


def _check_given(path: Path, error: BaseException) -> None:
    """Raise `StoreError` where the system did not give the file: that says nothing about the file."""
    if isinstance(error, OSError) and error.errno:
        raise StoreError(
            f"{path} cannot be read: {os.strerror(error.errno).lower()}",
            "nothing of it is lost; where it cannot be saved, remove it: its values are computed again",
        ) from error


def _set_aside(path: Path, error: BaseException) -> None:
    path.rename(path.with_suffix(".damaged"))
    warnings.warn(
        f"store: {path.parent.name}/{path.name} is damaged and was set aside ({error}); "
        "its values are computed again",
        stacklevel=3,
    )
