"""Footers of Parquet tables of strangers.

Arrow meets a broken footer with an error. What Python asks it about one column has none, and ends the
process instead: where the type is not the schema's, or a key is wanted. It is asked in a decoder.
"""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import Any

from curate.pairs.limited import limited

_MAGIC = b"PAR1"
_TAIL = 4 + len(_MAGIC)
"""Bytes of the footer's length and of what ends a table."""


def footer_of(path: str) -> bytes:
    """A table that was found to have a footer, without its values."""
    with Path(path).open("rb") as file:
        file.seek(-_TAIL, os.SEEK_END)
        length = int.from_bytes(file.read(4), "little")
        file.seek(-_TAIL - length, os.SEEK_END)
        return _MAGIC + file.read()


@limited
def full_groups(footer: bytes, place: int) -> list[bool]:
    """Of each row group, whether its statistics say that no value of the column there is null."""
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(BytesIO(footer))
    return [_is_full(metadata.row_group(at), place) for at in range(metadata.num_row_groups)]


def _is_full(group: Any, place: int) -> bool:
    """False where nothing is said."""
    said = group.column(place).statistics if place < group.num_columns else None
    return said is not None and said.has_null_count and not said.null_count
