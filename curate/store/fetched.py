"""What was fetched of URLs: the bytes among the store's blobs, by their hash, and what was found there.

    <root>/fetched/     fragments: `key` (the URL), `sha256`, `size`, `reserved`, `error`

A URL that was had, or is gone for good, is not asked for again: builds repeat without a network. What
failed in passing is not written down. No time and no address of a host is.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate.pairs.order import by_name
from curate.store.blobs import Blobs
from curate.store.files import FileHashes
from curate.store.forgotten import Forgotten
from curate.store.fragment import read_fragment, write_fragment

FETCHED = {
    "key": pl.String,
    "sha256": pl.String,
    "size": pl.Int64,
    "reserved": pl.String,
    "error": pl.String,
}


@dataclass(frozen=True)
class FetchedFiles:
    """The files of a store that came from URLs."""

    folder: Path
    blobs: Blobs
    hashes: FileHashes
    forgotten: Forgotten

    def known(self, urls: pl.Series) -> pl.DataFrame:
        """`key` and the rest of `FETCHED`, and the `path`, of those URLs that need no asking: a file
        that is no longer there does.
        """
        wanted = by_name(urls.unique().to_frame("key"), "key")["key"]
        read = [read_fragment(p, FETCHED, wanted) for p in sorted(self.folder.glob("*.parquet"))]
        found = pl.concat([pl.DataFrame(schema=FETCHED), *(one for one in read if one is not None)])
        rows = found.filter(pl.col("key").is_in(wanted.implode()))
        there = self._there(rows["sha256"].drop_nulls().unique())
        rows = rows.with_columns(
            path=pl.col("sha256").replace_strict(there, default=None, return_dtype=pl.String)
        )
        sound = pl.col("path").is_not_null() | pl.col("sha256").is_null()
        return rows.filter(sound).unique("key", keep="last", maintain_order=True)

    def _there(self, wanted: pl.Series) -> dict[str, str]:
        """Hash -> file, of those that are here as they came; a damaged one is set aside."""
        paths = {sha256: str(self.blobs.path(sha256)) for sha256 in wanted}
        places = pl.DataFrame({"path": list(paths.values())}, schema={"path": pl.String})
        found, _ = self.hashes.of(places.with_columns(member=pl.lit(None, pl.String)))
        now = dict(found.select("path", "sha256").iter_rows())
        return {
            sha256: path
            for sha256, path in paths.items()
            if now[path] == sha256 or self.blobs.whole(sha256)
        }

    def put(self, chunks: Iterable[bytes]) -> tuple[Path, str, int]:
        """Keep a file as it comes in: where it lies, its hash and size. One that is forgotten stays
        under a name that the store sweeps, for as long as a build needs to see that it is.
        """
        staged = self.blobs.folder / f".{secrets.token_hex(8)}.tmp"
        staged.parent.mkdir(parents=True, exist_ok=True)
        try:
            sha256, size = _written(staged, chunks)
            if self.forgotten.knows("content", sha256):
                return staged, sha256, size
            final = self.blobs.path(sha256)
            final.parent.mkdir(exist_ok=True)
            staged.rename(final)
        except BaseException:
            staged.unlink(missing_ok=True)
            raise
        return final, sha256, size

    def note(self, rows: pl.DataFrame) -> None:
        """Write down what was found; of what is forgotten nothing."""
        lasting = rows.select(list(FETCHED)).filter(~self.forgotten.contents(rows["sha256"]))
        if lasting.height:
            write_fragment(self.folder, by_name(lasting, "key"), {})


def _written(path: Path, chunks: Iterable[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            size += file.write(chunk)
    return digest.hexdigest(), size
