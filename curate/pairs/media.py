"""Reads the bytes of one medium, from a file of its own or out of a table or an archive.

A medium is named by a path and a member (`12/image`: row and column of a Parquet or Arrow file;
`tar:birds/duck.jpg`, `zip:birds/duck.jpg`: a member of an archive), both plain text, so that any
process can read it. What cannot be read is `Unreadable`, in plain words and without the path, which
may not enter a release. Row groups of Parquet files are kept for a moment: media asked for in the
order of their rows are read once.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from threading import Lock
from typing import Any

from curate.errors import Unreadable
from curate.pairs import tar, zip
from curate.pairs.exhaustion import check_machine
from curate.pairs.opened import opened

IN_TAR = "tar:"
IN_ZIP = "zip:"
"""These begin the names of archives' members; rows of tables begin with a digit."""

_one_reader = Lock()


def read_media(path: str, member: str | None) -> bytes:
    """All bytes of a medium."""
    try:
        return _read_file(path) if member is None else _read_member(path, member)
    except OSError as error:
        check_machine(error)
        raise Unreadable((error.strerror or "cannot be read").lower()) from None


def _read_file(path: str) -> bytes:
    with opened(path) as file:
        return file.read()


def _read_member(path: str, member: str) -> bytes:
    if member.startswith(IN_TAR):
        return tar.read_member(path, member.removeprefix(IN_TAR))
    if member.startswith(IN_ZIP):
        return zip.read_member(path, member.removeprefix(IN_ZIP))
    return _read_cell(path, member)


def _read_cell(path: str, member: str) -> bytes:
    import pyarrow as pa

    row, _, column = member.partition("/")
    with opened(path, links=True) as file:
        is_parquet = file.read(4) == b"PAR1"
        changed = os.fstat(file.fileno()).st_mtime_ns
    read = _from_parquet if is_parquet else _from_arrow
    try:
        value = read(path, changed, int(row), column)
    except (pa.ArrowException, KeyError, IndexError, ValueError) as error:
        raise Unreadable(f"no medium at {member}: {error}") from None
    content = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(content, bytes):
        raise Unreadable(f"no bytes at {member}")
    return content


def _from_parquet(path: str, changed: int, row: int, column: str) -> Any:
    with _one_reader:
        starts = _row_groups(path, changed)
        if not 0 <= row < starts[-1]:
            raise IndexError(f"the table has {starts[-1]} rows")
        group = bisect_right(starts, row) - 1
        values = _row_group(path, changed, group, column)
    return values[row - starts[group]].as_py()


@lru_cache(maxsize=64)
def _row_groups(path: str, _changed: int) -> list[int]:
    """The first row of each row group, and the number of rows."""
    import pyarrow.parquet as pq

    footer = pq.read_metadata(path)
    heights = [footer.row_group(at).num_rows for at in range(footer.num_row_groups)]
    return list(accumulate(heights, initial=0))


@lru_cache(maxsize=2)
def _row_group(path: str, _changed: int, group: int, column: str) -> Any:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        return file.read_row_group(group, columns=[column]).column(column)


def _from_arrow(path: str, changed: int, row: int, column: str) -> Any:
    table = arrow_table(path, changed)
    if not 0 <= row < table.num_rows:
        raise IndexError(f"the table has {table.num_rows} rows")
    return table.column(column)[row].as_py()


@lru_cache(maxsize=64)
def arrow_table(path: str, _changed: int) -> Any:
    """A table of an Arrow stream or file, mapped: nothing is read before it is asked for."""
    import pyarrow as pa

    mapped = pa.memory_map(path)
    try:
        return pa.ipc.open_stream(mapped).read_all()
    except pa.ArrowInvalid:
        return pa.ipc.open_file(mapped).read_all()
