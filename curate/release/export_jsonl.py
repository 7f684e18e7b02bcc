"""A release as lines of JSON with its media as files beside them.

`<split>.jsonl` has a line per pair with the columns of the release. A medium is the path of a file,
`media/<ab>/<abcd…>.<ext>`, named by the SHA-256 of its bytes, so that equal media are one file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from curate.errors import CurateError
from curate.pairs.extension import extension
from curate.pairs.identity import content_hash
from curate.release.published import Published


def write_jsonl(release: Published, folder: Path, _shard_bytes: int) -> None:
    """One file per split; media of a release by reference stay where they are."""
    for split in release.splits:
        with (folder / f"{split}.jsonl").open("w", encoding="utf-8") as lines:
            for row in release.rows(split):
                for name in release.embedded:
                    row[name] = _file(row[name], release.fields[name].type, folder)
                lines.write(json_line(row) + "\n")


def json_line(row: dict[str, Any]) -> str:
    """A pair's texts and metadata in one line; raises `CurateError` where JSON has no word."""
    try:
        return json.dumps(row, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise CurateError(
            f"pair {row['pair_id']} holds a number that JSON cannot write, such as infinity",
            "drop such values with a filter step",
        ) from error


def _file(medium: dict[str, Any] | None, modality: str, folder: Path) -> str | None:
    """Write a medium where its hash says; its path in the folder."""
    if medium is None:
        return None
    sha256 = content_hash(medium["bytes"])
    name = f"media/{sha256[:2]}/{sha256}.{extension(medium['bytes'], modality)}"
    path = folder / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(medium["bytes"])
    return name
