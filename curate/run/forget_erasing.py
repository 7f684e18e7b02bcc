"""Everything of a workspace but the store that a forgetting takes away. All of it can be run again."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from curate.errors import CurateError
from curate.release.publish import DRAFT, publishing, put, staging, sweep
from curate.release.tombstone import Tombstone, card, read_tombstone
from curate.run.forget_journal import Doomed, Journal
from curate.run.review_file import held
from curate.store.forgotten import Forgotten

_BESIDE = ("data_cards", "reports")
"""Folders with a document per release, named by its version."""


def erased(workspace: Path, journal: Journal, gone: Forgotten) -> dict[str, int]:
    """Take it away; how much of each kind went."""
    counts = {"releases": 0, "candidates": 0, "exports": 0, "cards and reports": 0}
    _sweep(workspace)
    for one in journal.releases:
        counts["releases"] += _bury(workspace, one, journal.at)
        counts["exports"] += _removed(workspace / "exports" / one.name / one.version)
        counts["cards and reports"] += _cards(workspace, one, journal.at)
    for name in journal.folders:
        counts["candidates"] += _removed(workspace / name)
    files = sorted((workspace / "reviews").glob("*.jsonl"))
    return {**counts, "review lines": sum(_without(path, gone) for path in files)}


def stone(doomed: Doomed, at: str) -> Tombstone:
    """What stands in a release's place."""
    return Tombstone(**doomed.model_dump(), at=at)


def _bury(workspace: Path, doomed: Doomed, at: str) -> bool:
    """Put the stone in the release's place in one instant; a draft leaves none."""
    folder = doomed.folder(workspace)
    with staging(folder.parent) as staged:
        there = folder.exists() and read_tombstone(folder) is None
        if there and doomed.version == DRAFT:
            folder.rename(staged / DRAFT)
        elif there:
            stone(doomed, at).write(staged)
            _sync(staged)
            with publishing(folder.parent):
                put(staged, folder)
    _check_swept(folder.parent)
    return there


def _sweep(workspace: Path) -> None:
    """What builds that were killed had staged goes, whoever it is of: that is written down nowhere."""
    for homes in (workspace / "releases", workspace / ".curate" / "candidates"):
        for home in homes.glob("*"):
            sweep(home)
            _check_swept(home)


def _check_swept(home: Path) -> None:
    left = list(home.glob(".staging-*"))
    if left:
        raise CurateError(f"{left[0]} cannot be removed", "remove it, then forget again")


def _removed(folder: Path) -> bool:
    there = folder.exists()
    if there:
        shutil.rmtree(folder)
    return there


def _cards(workspace: Path, doomed: Doomed, at: str) -> int:
    """Documents of a release that stand elsewhere; a card says what became of it."""
    found = [
        path for name in _BESIDE for path in _of_version(workspace / name / doomed.name, doomed)
    ]
    for path in found:
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix == ".md" and doomed.version != DRAFT:
            path.write_text(card(stone(doomed, at)))
        else:
            path.unlink()
    return len(found)


def _of_version(folder: Path, doomed: Doomed) -> Iterator[Path]:
    """`<version>` and `<version>.<anything>`; 1.0.1 is not 1.0.10."""
    for path in sorted(folder.glob(f"{doomed.version}*")):
        if path.name == doomed.version or path.name.startswith(f"{doomed.version}."):
            yield path


def _without(path: Path, gone: Forgotten) -> int:
    """A file of reviews or findings without the lines on forgotten pairs; how many went."""
    with held(path.parent):
        lines = path.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines if not _is_of(line, gone)]
        if len(kept) < len(lines):
            staged = path.with_name(f".{path.name}.tmp")
            staged.write_bytes(b"".join(kept))
            _sync(staged)
            staged.rename(path)
    return len(lines) - len(kept)


def _is_of(line: bytes, gone: Forgotten) -> bool:
    try:
        said = json.loads(line)
    except ValueError:
        return False
    if not isinstance(said, dict):
        return False
    several = said.get("pair_ids", ())
    named = [said.get("pair_id"), *(several if isinstance(several, list) else ())]
    return any(gone.knows("pair", str(one)) for one in named)


def _sync(path: Path) -> None:
    for each in [*path.rglob("*"), path] if path.is_dir() else [path]:
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
