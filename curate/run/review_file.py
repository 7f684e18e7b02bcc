"""Appending to what people write by hand or by the review page: whole lines, on the disk, one at a time.

A folder is held by a lock on itself, so that several windows, and `curate forget`, take turns.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from curate.errors import DataError


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Nobody else writes in the folder meanwhile."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        os.fsync(handle)
    finally:
        os.close(handle)


def append(path: Path, line: Mapping[str, Any]) -> None:
    """Add a line of JSON; when this returns it is on the disk. Raises `DataError` where it cannot be."""
    text = json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _append(path, text)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}") from None


def _append(path: Path, text: str) -> None:
    with held(path.parent), path.open("a+b") as file:
        torn = _is_torn(path)
        file.write((b"\n" if torn else b"") + text.encode())
        file.flush()
        os.fsync(file.fileno())


def _is_torn(path: Path) -> bool:
    """Whether the last line has no end, as an editor may leave it."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
