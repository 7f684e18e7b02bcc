"""A digest of what a table says, whatever the bytes of the file that holds it.

Equal for equal values in equal order: row groups, compression, chunking and the spare bytes behind
nulls do not count. Column names and types do.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from hashlib import _Hash


def table_digest(frame: pl.DataFrame) -> str:
    """SHA-256 in hex of a frame's logical content."""
    digest = hashlib.sha256()
    for column in frame:
        digest.update(column.name.encode() + b"\0")
        _feed(digest, column.to_arrow())
    return digest.hexdigest()


def _feed(digest: _Hash, array: Any) -> None:
    digest.update(f"{len(array)}".encode())
    digest.update(np.packbits(_numbers(pc.is_valid(array))).tobytes())
    kind = array.type
    if pa.types.is_struct(kind):
        for field, child in zip(kind, array.flatten(), strict=True):
            digest.update(field.name.encode() + b"\0")
            _feed(digest, child)
    elif pa.types.is_fixed_size_list(kind) or _is_list(kind):
        digest.update(_numbers(pc.list_value_length(array)).tobytes())
        _feed(digest, array.flatten())
    elif _is_bytes(kind):
        _feed_bytes(digest, array)
    else:
        _feed_numbers(digest, array)


def _is_list(kind: Any) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _is_bytes(kind: Any) -> bool:
    types = pa.types
    return any(
        check(kind)
        for check in (
            types.is_string,
            types.is_large_string,
            types.is_string_view,
            types.is_binary,
            types.is_large_binary,
            types.is_binary_view,
        )
    )


def _feed_bytes(digest: _Hash, array: Any) -> None:
    digest.update(b"bytes")
    flat = array.cast(pa.large_binary())
    if flat.null_count:
        flat = pl.Series(flat).fill_null(b"").to_arrow()
    if not len(flat):
        return
    _, offsets, data = flat.buffers()
    bounds = np.frombuffer(offsets, dtype="<i8")[flat.offset : flat.offset + len(flat) + 1]
    digest.update(np.diff(bounds).tobytes())
    if data is not None:
        digest.update(memoryview(data)[bounds[0] : bounds[-1]])


def _feed_numbers(digest: _Hash, array: Any) -> None:
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.uint8())
    digest.update(str(array.type).encode())
    if pa.types.is_null(array.type):
        return
    values = _numbers(array)
    if values.dtype.kind == "f":
        values = np.where(np.isnan(values), np.nan, values + 0.0)
    digest.update(np.ascontiguousarray(values).tobytes())


def _numbers(array: Any) -> np.ndarray:
    """Nulls as zeros. By way of polars: pyarrow imports pandas for this wherever it is installed."""
    values = pl.Series(array)
    if values.null_count():
        values = values.to_physical().fill_null(0).cast(values.dtype)
    return values.to_numpy()
