"""Values taken out of a store, whoever they were measured for.

    taken_out(store, gone)      rows whose key says so, file hashes, blobs; safe to run again
    swept(store, kept)          everything but what is known to be needed

The store has to be held alone. A fragment is written anew before the old one goes, so that a build
that is killed here loses nothing that stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from curate.store.forgotten import Forgotten, halves
from curate.store.fragment import read_fragment, read_notes, write_fragment
from curate.store.store import MeasureStore

_ADDED_UP = ("seconds", "kwh", "metered")
"""Notes of a fragment that speak of all its rows together."""


def taken_out(store: MeasureStore, gone: Forgotten) -> dict[str, int]:
    """Remove what is forgotten: how many `values`, `file hashes`, `blobs` and `fits` went.

    All fits go: which pairs one has learned from is not written down anywhere.
    """
    values = sum(_kept_rows(path, lambda t: _stays(t, gone)) for path in _values(store))
    places = [*_fragments(store.files), *_fragments(store.fetched)]
    hashes = sum(_kept_rows(path, lambda t: _unknown(t, gone)) for path in places)
    blobs = [p for p in _files(store.blobs.folder) if gone.knows("content", p.name)]
    fits = list(_files(store.root / "fits"))
    damaged = list(store.root.glob("**/*.damaged"))
    for path in [*blobs, *fits, *damaged]:
        path.unlink()
    return {"values": values, "file hashes": hashes, "blobs": len(blobs), "fits": len(fits)}


def swept(store: MeasureStore, kept: Set[str]) -> dict[str, int]:
    """Remove values and blobs of contents that are not known to be needed: what was made or derived
    of a forgotten content bears a name that cannot be told from any other.
    """
    known = pl.Series(list(kept), dtype=pl.String)

    def needed(table: pl.DataFrame) -> pl.Series:
        return pl.Series(
            [all(one in kept for one in halves(key)) for key in table["key"]], dtype=pl.Boolean
        )

    values = sum(_kept_rows(path, needed) for path in _values(store))
    made = set(known) | set(_made(store))
    blobs = [path for path in _files(store.blobs.folder) if path.name not in made]
    for path in blobs:
        path.unlink()
    return {"values": values, "blobs": len(blobs)}


def hashed_files(store: MeasureStore) -> set[str]:
    """The hashes of all source files that the store remembers, also of those that were fetched."""
    places = [*_fragments(store.files), *_fragments(store.fetched)]
    frames = [read_fragment(path, {"sha256": pl.String}) for path in places]
    return {key for frame in frames if frame is not None for key in frame["sha256"].drop_nulls()}


def _stays(table: pl.DataFrame, gone: Forgotten) -> pl.Series:
    """Rows of nothing that goes, and that speak of nothing made that does."""
    stays = ~gone.contents(table["key"])
    return stays & ~gone.contents(table["made"]) if "made" in table.columns else stays


def _unknown(table: pl.DataFrame, gone: Forgotten) -> pl.Series:
    """Rows of other files; a place at which a forgotten file lay goes with it."""
    places = table.filter(gone.contents(table["sha256"]))["key"]
    return ~table["key"].is_in(places.implode())


def _made(store: MeasureStore) -> Iterator[str]:
    """The contents that values speak of as made."""
    for path in _values(store):
        if "made" in pq.read_schema(path).names:
            frame = read_fragment(path, {"made": pl.String})
            if frame is not None:
                yield from frame["made"].drop_nulls()


def _values(store: MeasureStore) -> Iterator[Path]:
    for folder in sorted((store.root / "values").glob("*")):
        yield from _fragments(folder)


def _fragments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.parquet"))


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.glob("*/*")) if path.is_file())


def _kept_rows(path: Path, keep: Callable[[pl.DataFrame], pl.Series]) -> int:
    """Write a fragment anew without the rows that go; how many did."""
    table = read_fragment(path)
    if table is None or not table.height:
        return 0
    rest = table.filter(keep(table))
    gone = table.height - rest.height
    if gone:
        if rest.height:
            share = rest.height / table.height
            notes = {n: v for n, v in read_notes(path).items() if n != "rows"}
            write_fragment(path.parent, rest, _shared(notes, share))
        path.unlink()
    return gone


def _shared(notes: dict[str, float], share: float) -> dict[str, float]:
    """What a fragment took, for the part of it that is left."""
    return {n: v * share if n in _ADDED_UP else v for n, v in notes.items()}
