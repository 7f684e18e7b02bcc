"""Content hashes of files, remembered by path, size, modification time and inode.

A file whose clock could still tick without showing (changed within the last two seconds) is
hashed but not remembered, so that a change in the same tick is never missed.
"""

from __future__ import annotations

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate.pairs.exhaustion import check_machine
from curate.store.forgotten import Forgotten
from curate.store.fragment import read_fragment, write_fragment

_RACY_NS = 2_000_000_000
_KEY = ("path", "member", "size", "mtime", "inode")
_SCHEMA = {
    "key": pl.String,
    "path": pl.String,
    "member": pl.String,
    "size": pl.Int64,
    "mtime": pl.Int64,
    "inode": pl.Int64,
    "sha256": pl.String,
}


@dataclass(frozen=True)
class HashCounts:
    """How many files were hashed now, and how many were known."""

    computed: int
    reused: int
    seconds: float


class FileHashes:
    """SHA-256 of files and of contents embedded in files."""

    def __init__(self, folder: Path, workers: int, forgotten: Forgotten | None = None) -> None:
        self.folder = folder
        self.workers = workers
        self.forgotten = forgotten or Forgotten()
        """What is hashed like anything, and never remembered."""

    def of(self, places: pl.DataFrame) -> tuple[pl.DataFrame, HashCounts]:
        """`path`, `member` -> those and `sha256`, `error`; each distinct place once."""
        start = time.perf_counter()
        stats = _stat(places.select("path", "member").unique(maintain_order=True))
        known = stats.join(self._remembered(), on=list(_KEY), how="left", nulls_equal=True)
        todo = known.filter(pl.col("sha256").is_null() & pl.col("error").is_null())
        fresh = self._hash(todo)
        settled = known.join(todo, on=list(_KEY), how="anti", nulls_equal=True)
        known = pl.concat([settled, fresh], how="diagonal_relaxed")
        counts = HashCounts(todo.height, known.height - todo.height, time.perf_counter() - start)
        return known.select("path", "member", "sha256", "error"), counts

    def of_file(self, path: Path) -> str:
        """Hash of one whole file."""
        frame, _ = self.of(
            pl.DataFrame(
                {"path": [str(path.resolve())], "member": pl.Series([None], dtype=pl.String)}
            )
        )
        found = frame.row(0, named=True)
        if found["sha256"] is None:
            raise OSError(found["error"])
        return str(found["sha256"])

    def _remembered(self) -> pl.DataFrame:
        paths = sorted(self.folder.glob("*.parquet"))
        frames = [frame for path in paths if (frame := read_fragment(path, _SCHEMA)) is not None]
        everything = pl.concat(frames) if frames else pl.DataFrame(schema=_SCHEMA)
        return everything.drop("key").unique(list(_KEY), keep="any")

    def _hash(self, todo: pl.DataFrame) -> pl.DataFrame:
        places = list(todo.select("path", "member").iter_rows())
        with ThreadPoolExecutor(self.workers) as pool:
            results = list(pool.map(_digest, places, chunksize=16))
        fresh = todo.with_columns(
            pl.Series("sha256", [sha for sha, _ in results], pl.String),
            pl.Series("error", [error for _, error in results], pl.String),
        )
        settled = fresh.filter(
            pl.col("sha256").is_not_null() & (pl.col("mtime") < time.time_ns() - _RACY_NS)
        )
        settled = settled.filter(~self.forgotten.contents(settled["sha256"]))
        if settled.height:
            key = pl.concat_str("path", pl.col("member").fill_null(""), separator="\0")
            write_fragment(self.folder, settled.select(key.alias("key"), *list(_SCHEMA)[1:]), {})
        return fresh


def _stat(places: pl.DataFrame) -> pl.DataFrame:
    rows = [_stat_one(path) for path in places["path"]]
    schema = {"size": pl.Int64, "mtime": pl.Int64, "inode": pl.Int64, "error": pl.String}
    return places.hstack(pl.DataFrame(rows, schema=schema, orient="row"))


def _stat_one(path: str) -> tuple[int | None, int | None, int | None, str | None]:
    try:
        status = os.stat(path)
    except OSError as error:
        check_machine(error)
        return None, None, None, error.strerror or str(error)
    return status.st_size, status.st_mtime_ns, status.st_ino, None


def _digest(place: tuple[str, str | None]) -> tuple[str | None, str | None]:
    from curate.errors import Unreadable
    from curate.pairs.media import read_media
    from curate.pairs.opened import opened

    path, member = place
    try:
        if member is not None:
            return hashlib.sha256(read_media(path, member)).hexdigest(), None
        with opened(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), None
    except Unreadable as error:
        return None, error.message
    except OSError as error:
        check_machine(error)
        return None, error.strerror or str(error)
