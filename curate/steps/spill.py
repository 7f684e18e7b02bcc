"""Columns of numbers that are made piece by piece and read one whole column at a time: in memory while
they are small, in a nameless temporary file where they are not.

The bound is `CURATE_MEMORY`, bytes or such as `500MB` and `2GB`, by default 1GB. It is what one such
table may hold, not all that a build takes. Values do not depend on it.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from curate.errors import CurateError

VARIABLE = "CURATE_MEMORY"
_DEFAULT = "1GB"
_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def memory() -> int:
    """Bytes that one table may hold; raises `CurateError` where the variable is no size."""
    told = os.environ.get(VARIABLE) or _DEFAULT
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?B)?", told.strip().upper())
    if found is None:
        raise CurateError(f"{VARIABLE} is '{told}', which is no size", "such as 500MB or 2GB")
    return int(float(found[1]) * _UNITS[found[2] or ""])


class Columns:
    """So many columns of at most so many rows; rows are added at the end, to all columns at once. As a
    context it ends with the file gone.
    """

    def __init__(self, count: int, most: int, dtype: Any) -> None:
        self.count, self.most, self.rows = count, most, 0
        self.dtype = np.dtype(dtype)
        size = count * most * self.dtype.itemsize
        self._file = _temporary() if size > memory() else None
        self._held = np.empty((count, 0 if self._file else most), self.dtype)

    def __enter__(self) -> Columns:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, block: np.ndarray) -> None:
        """(columns, rows) of the next rows."""
        start, end = self.rows, self.rows + block.shape[1]
        if self._file is None:
            self._held[:, start:end] = block
        else:
            for number, part in enumerate(np.ascontiguousarray(block, self.dtype)):
                os.pwrite(self._file.fileno(), part.data, self._place(number) + start * self.width)
        self.rows = end

    def __iter__(self) -> Iterator[np.ndarray]:
        """One column after the other."""
        return (self._column(number) for number in range(self.count))

    @property
    def width(self) -> int:
        """Bytes of a number."""
        return int(self.dtype.itemsize)

    def _place(self, number: int) -> int:
        return number * self.most * self.width

    def _column(self, number: int) -> np.ndarray:
        if self._file is None:
            return self._held[number, : self.rows]
        self._file.seek(self._place(number))
        return np.fromfile(self._file, self.dtype, self.rows)


def _temporary() -> IO[bytes]:
    return tempfile.TemporaryFile()
