"""The Parquet tables of a release's folder, with their columns and the hashes of their files."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from curate.cards.croissant import DATA, Table
from curate.release.write import file_entry


def tables_of(folder: Path) -> list[Table]:
    """The kept pairs first, then what stands beside them."""
    data = sorted(folder.glob("data/*/*.parquet"))
    beside = sorted(folder.glob("*.parquet"))
    return [_table(folder, DATA, data), *(_table(folder, one.stem, [one]) for one in beside)]


def _table(folder: Path, name: str, paths: list[Path]) -> Table:
    files = {path.relative_to(folder).as_posix(): file_entry(path) for path in paths}
    return Table(name, pq.read_schema(paths[0]), files)
