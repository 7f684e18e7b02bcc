"""A release in another form, beside it: what can be made again of a release is no part of it.

    <workspace>/exports/<name>/<version>/<form>/

A form holds no more than its release, so that it enters neither the recipe nor the digest, and
adding one later makes no new version. `export.json` names the release's digest and every file; an
export that stands there for another digest is replaced, in one instant.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from curate.errors import CurateError
from curate.release.export_jsonl import write_jsonl
from curate.release.export_webdataset import write_webdataset
from curate.release.publish import publishing, put, staging
from curate.release.published import Published, sound_release
from curate.release.write import entries

NOTE = "export.json"
_VERSION = 1
"""Of how forms are written; raised when that changes."""

Writer: TypeAlias = Callable[[Published, Path, int], None]
"""(release, folder, most bytes of a shard) -> files in the folder."""
FORMS: dict[str, Writer] = {"webdataset": write_webdataset, "jsonl": write_jsonl}


@dataclass(frozen=True)
class Exported:
    """Where a form of a release lies, and whether it was written now."""

    path: Path
    digest: str
    written: bool


def export(
    release: Path, form: str, shard_bytes: int = 1_000_000_000, out: Path | None = None
) -> Exported:
    """Write a form of a release, whole or not at all; raises `CurateError`."""
    published = sound_release(release)
    final = out or place_of(release, form)
    note = {
        "format": _VERSION,
        "form": form,
        "release": {key: published.manifest[key] for key in ("name", "version", "digest")},
        "shard_bytes": shard_bytes,
    }
    if _stands(final, note):
        return Exported(final, published.digest, written=False)
    with staging(final.parent) as folder:
        FORMS[form](published, folder, shard_bytes)
        (folder / NOTE).write_text(json.dumps({**note, "files": entries(folder)}, indent=1) + "\n")
        with publishing(final.parent):
            put(folder, final)
    return Exported(final, published.digest, written=True)


def place_of(release: Path, form: str) -> Path:
    """Where a form of a release lies in its workspace."""
    version = release.absolute()
    name, releases = version.parents[0], version.parents[1]
    if releases.name != "releases":
        raise CurateError(
            f"{release} lies in no workspace's releases/", "name a folder to write to with --out"
        )
    return releases.parent / "exports" / name.name / version.name / form


def _stands(final: Path, note: dict[str, Any]) -> bool:
    """Whether this very export is there; what is no export is not replaced."""
    if not os.path.lexists(final):
        return False
    try:
        found = json.loads((final / NOTE).read_text())
        return {key: found[key] for key in note} == note
    except (OSError, ValueError, KeyError, TypeError):
        raise CurateError(
            f"{final} is in the way: it is no export", "move it elsewhere, or use --out"
        ) from None
