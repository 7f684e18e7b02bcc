"""A release appears whole or not at all, and what has appeared never changes.

Files are staged in a hidden folder beside the releases, on the same file system, then renamed into
place under a lock. A staging folder is locked while its build lives, so the next build knows which
ones a killed build left behind.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from curate.errors import CurateError, OtherFormat
from curate.release.reading import read_document
from curate.release.tombstone import check_not_forgotten
from curate.release.write import MANIFEST_FORMAT

DRAFT = "draft"
MANIFEST = "manifest.json"
_STAGING = ".staging-*"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sha256: str
    size: int


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: int
    name: str
    version: str
    digest: str
    parts: dict[str, str]
    files: dict[str, _File]


@contextmanager
def staging(home: Path) -> Iterator[Path]:
    """A folder below `home` (`releases/<name>`) to write a release in; gone afterwards."""
    with publishing(home):
        _sweep(home)
        folder = home / f".staging-{secrets.token_hex(6)}"
        folder.mkdir()
        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


@contextmanager
def publishing(home: Path) -> Iterator[None]:
    """Hold `releases/<name>` against other builds that would publish."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def put(staged: Path, final: Path) -> None:
    """Rename into place; a draft that stands there is exchanged in the same instant."""
    if final.exists():
        _exchange(staged, final)
    else:
        staged.rename(final)
    try:
        _sync_folder(final.parent)
    except OSError as error:
        raise CurateError(
            f"{final} is published, but a power cut may undo it: {error.strerror}",
            "look after the disk, then build again",
        ) from error


def read_manifest(release: Path) -> dict[str, Any] | None:
    """The manifest of a published release, or None when there is none; raises `CurateError`, of which
    `OtherFormat`, and `Forgotten` where a tombstone stands in its place.
    """
    check_not_forgotten(release)
    try:
        manifest: dict[str, Any] = json.loads((release / MANIFEST).read_text())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as error:
        raise CurateError(
            f"{release / MANIFEST} is damaged: {error}", "get it from where the release was kept"
        ) from error
    found = manifest.get("format") if isinstance(manifest, dict) else None
    if found != MANIFEST_FORMAT:
        kind = OtherFormat if isinstance(found, int) else CurateError
        raise kind(
            f"{release} has manifest format {found}; this version reads {MANIFEST_FORMAT}",
            "read it with the version of curate that made it, or build it anew with this one",
        )
    read_document(release / MANIFEST, _Manifest)
    return manifest


def manifest_of(release: Path) -> dict[str, Any]:
    """The manifest of a published release; raises `CurateError` where there is none, too."""
    manifest = read_manifest(release)
    if manifest is None:
        raise CurateError(
            f"{release} is no release: it has no {MANIFEST}",
            "name a folder such as releases/<name>/<version>",
        )
    return manifest


def _exchange(one: Path, other: Path) -> None:
    """Swap two folders atomically (renameat2), or in two steps where the system cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "renameat2"):
        names = os.fsencode(one), os.fsencode(other)
        if not libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE):
            return
    aside = one.with_name(one.name + "-old")
    other.rename(aside)
    one.rename(other)
    aside.rename(one)


def sweep(home: Path) -> None:
    """Remove what builds have left that died while they staged, or while an old draft went."""
    if any(home.glob(_STAGING)):
        with publishing(home):
            _sweep(home)


def _sweep(home: Path) -> None:
    """Remove staging folders whose build has died."""
    for folder in home.glob(_STAGING):
        try:
            handle = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
        finally:
            os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
