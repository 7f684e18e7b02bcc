"""Whether a release speaks of something that is forgotten, though it is no pair of its own: in the
detail of a verdict, say, where it was compared with another release.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from curate.release.forget import Trace

_DOCUMENTS = (".csv", ".html", ".json", ".jsonl", ".md", ".yaml")


def mentions(folder: Path, trace: Trace) -> bool:
    """Look for every id and hash in every table and document of a release."""
    names = sorted(trace.names)
    if not names:
        return False
    texts = pl.Series(
        [p.read_text(errors="replace") for p in folder.rglob("*") if p.suffix in _DOCUMENTS]
    )
    if texts.len() and texts.str.contains_any(names).any():
        return True
    return any(_column_mentions(column, names) for column in _columns(folder))


def _columns(folder: Path) -> Iterator[pl.Series]:
    for path in sorted(folder.rglob("*.parquet")):
        for name, kind in pl.read_parquet_schema(path).items():
            if kind == pl.String or kind == pl.List(pl.String):
                column = pl.read_parquet(path, columns=[name])[name]
                yield column.explode() if kind == pl.List(pl.String) else column


def _column_mentions(column: pl.Series, names: list[str]) -> bool:
    return bool(column.drop_nulls().unique().str.contains_any(names).any())
