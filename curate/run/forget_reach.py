"""What a forgetting cannot reach: it is looked for where that is possible, and named where it is not."""

from __future__ import annotations

import mmap
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import polars as pl

from curate.run.forget_journal import Journal
from curate.store.forgotten import Forgotten, marks_path

_NAME = r"\b(?:[0-9a-f]{64}|[0-9a-f]{32})\b"
_TEXTS = {".csv", ".html", ".json", ".jsonl", ".md", ".tar", ".tsv", ".txt", ".yaml", ".yml"}
_TRACKED = ("data_cards", "exports", "releases", "reports", "reviews")
_ELSEWHERE = (
    "hubs: curate does not know where versions were pushed; delete their tags and branches there",
    "exports written to folders of their own (`curate export --out`): make them anew of the successor",
    "backups, copies and clones of the workspace, and the caches of `datasets` on machines that loaded it",
    "the disk: files are removed, and not overwritten",
    "files that hold the same otherwise encoded: they are recognised by their bytes; forget those too",
)


def unreached(workspace: Path, journal: Journal, gone: Forgotten) -> list[str]:
    """In a line each."""
    found = [f"{path}: still names something forgotten" for path in naming(workspace, gone)]
    return [*found, *_git(workspace, journal), *_ELSEWHERE, *journal.notes]


def naming(workspace: Path, gone: Forgotten) -> Iterator[Path]:
    """Files outside of the store that hold a forgotten id or hash; texts, tables and archives are read."""
    skipped = {workspace / ".git", workspace / ".curate" / "store"}
    for path in _files(workspace, skipped):
        if path != marks_path(workspace) and any(_known(name, gone) for name in _named(path)):
            yield path.relative_to(workspace)


def _files(folder: Path, skipped: set[Path]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink() and path not in skipped:
            yield from _files(path, skipped)
        elif path.is_file() and (path.suffix in _TEXTS or path.suffix == ".parquet"):
            yield path


def _named(path: Path) -> set[str]:
    if path.suffix == ".parquet":
        return _in_table(path)
    with path.open("rb") as file, _mapped(file) as data:
        return {name.decode() for name in re.findall(_NAME.encode(), data)}


@contextmanager
def _mapped(file: BinaryIO) -> Iterator[mmap.mmap | bytes]:
    """A file's bytes, as large as it may be; archives are."""
    if not os.fstat(file.fileno()).st_size:
        yield b""
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


def _in_table(path: Path) -> set[str]:
    try:
        schema = pl.read_parquet_schema(path)
    except (OSError, pl.exceptions.PolarsError):
        return set()
    texts = [name for name, kind in schema.items() if kind in (pl.String, pl.List(pl.String))]
    found: set[str] = set()
    for column in pl.read_parquet(path, columns=texts) if texts else ():
        cells = column.explode() if column.dtype == pl.List(pl.String) else column
        names = cells.drop_nulls().unique().str.extract_all(_NAME)
        found |= set(names.explode().drop_nulls())
    return found


def _known(name: str, gone: Forgotten) -> bool:
    return gone.knows("content", name) or gone.knows("pair", name)


def _git(workspace: Path, journal: Journal) -> Iterator[str]:
    """Whether the history of a repository holds what was removed."""
    if not any((place / ".git").exists() for place in (workspace, *workspace.absolute().parents)):
        return
    names = sorted({one.name for one in journal.releases})
    paths = [f"{folder}/{name}*" for folder in _TRACKED for name in names]
    done = subprocess.run(  # noqa: S603
        ["git", "-C", str(workspace), "log", "--all", "--format=%h", "--", *paths],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        yield f"git: the history cannot be looked at ({done.stderr.strip().splitlines()[-1:]})"
    elif done.stdout:
        commits = done.stdout.split()
        yield (
            f"git: {len(commits)} commits hold cards, reviews or releases, the last is {commits[0]}; "
            "rewrite the history (git filter-repo), and that of every clone"
        )
