"""The bytes of a pair's media, from a release's data files or from where a recipe's sources lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import polars as pl

from curate.pairs.field import CLOCKED, Fields
from curate.pairs.media import read_media


class Media(Protocol):
    """Whoever can read media."""

    def has(self, field: str, pair_id: str) -> bool:
        """Whether there is anything to read."""

    def read(self, field: str, pair_id: str) -> bytes | None:
        """A medium, None where there is none; raises `Unreadable`."""

    def fragment(self, field: str, pair_id: str) -> str:
        """What of it is meant, as an address says it (W3C Media Fragments), if not all."""


@dataclass(frozen=True)
class MediaOfRelease:
    """What a release holds: media of the pairs that were kept."""

    release: Path
    fields: Fields

    def has(self, field: str, pair_id: str) -> bool:
        return pair_id in self._places and field in self._embedded

    def read(self, field: str, pair_id: str) -> bytes | None:
        if not self.has(field, pair_id):
            return None
        path, row = self._places[pair_id]
        there = pl.scan_parquet(path).select(pl.col(field).is_not_null()).slice(row, 1).collect()
        return read_media(path, f"{row}/{field}") if there.item() else None

    def fragment(self, field: str, pair_id: str) -> str:
        return ""

    @cached_property
    def _files(self) -> list[Path]:
        return sorted(self.release.glob("data/*/*.parquet"))

    @cached_property
    def _embedded(self) -> set[str]:
        schema = pl.read_parquet_schema(self._files[0]) if self._files else {}
        return {name for name, kind in schema.items() if isinstance(kind, pl.Struct)}

    @cached_property
    def _places(self) -> dict[str, tuple[str, int]]:
        return {
            pair_id: (str(path), row)
            for path in self._files
            for row, pair_id in enumerate(pl.read_parquet(path, columns=["pair_id"])["pair_id"])
        }


@dataclass(frozen=True)
class MediaOfCourse:
    """What a recipe's sources hold, and what its steps made."""

    table: pl.DataFrame
    fields: Fields

    def has(self, field: str, pair_id: str) -> bool:
        row = self._places.get(pair_id)
        return row is not None and self.table[f"{field}_path"][row] is not None

    def read(self, field: str, pair_id: str) -> bytes | None:
        if not self.has(field, pair_id):
            return None
        place = self.table.row(self._places[pair_id], named=True)
        return read_media(place[f"{field}_path"], place[f"{field}_member"])

    def fragment(self, field: str, pair_id: str) -> str:
        if self.fields[field].type not in CLOCKED or not self.has(field, pair_id):
            return ""
        row = self._places[pair_id]
        start, end = (self.table[f"{field}_{which}"][row] for which in ("start", "end"))
        return "" if start is None else f"#t={start},{end}"

    @cached_property
    def _places(self) -> dict[str, int]:
        return {pair_id: place for place, pair_id in enumerate(self.table["pair_id"])}
