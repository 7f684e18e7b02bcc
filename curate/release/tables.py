"""The Parquet tables of a release's folder, with their columns and the hashes of their files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from curate.cards.croissant import DATA, Table


def tables_of(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> list[Table]:
    """The kept pairs first, then what stands beside them; `files` has their manifest's entries."""
    data = sorted(folder.glob("data/*/*.parquet"))
    named = [(DATA, data), *((one.stem, [one]) for one in sorted(folder.glob("*.parquet")))]
    return [_table(folder, name, paths, files) for name, paths in named]


def _table(
    folder: Path, name: str, paths: list[Path], files: Mapping[str, Mapping[str, Any]]
) -> Table:
    names = [path.relative_to(folder).as_posix() for path in paths]
    return Table(name, pq.read_schema(paths[0]), {each: files[each] for each in names})
