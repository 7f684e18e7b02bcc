"""A release that stands, opened for reading: what it is called, its fields, its rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pydantic import TypeAdapter

from curate.errors import CurateError
from curate.pairs.field import Field, Fields, media_fields
from curate.release.publish import manifest_of
from curate.release.reading import read_lock

_ROWS = 100
"""Read at once; their media have to fit in memory."""


@dataclass(frozen=True)
class Published:
    """A release in a folder. Nothing of it is ever written."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def title(self) -> str:
        return f"{self.manifest['name']} {self.manifest['version']}"

    @property
    def digest(self) -> str:
        return str(self.manifest["digest"])

    @cached_property
    def lock(self) -> dict[str, Any]:
        """`recipe.lock.yaml`."""
        return read_lock(self.folder)

    @cached_property
    def fields(self) -> Fields:
        return TypeAdapter(dict[str, Field]).validate_python(self.lock["recipe"]["fields"])

    @property
    def embedded(self) -> list[str]:
        """The fields whose media lie in the release."""
        media = media_fields(self.fields)
        return media if self.lock["recipe"]["release"]["media"] == "embed" else []

    @property
    def splits(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "data").iterdir())

    def rows(self, split: str) -> Iterator[dict[str, Any]]:
        """The kept pairs of a split in their order; a medium is `{bytes, path}`."""
        for path in sorted((self.folder / "data" / split).glob("*.parquet")):
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(_ROWS):
                    yield from batch.to_pylist()


def open_release(folder: Path) -> Published:
    """Open a release as it stands; raises `CurateError` for what is none, `Forgotten` for one that is
    no more.
    """
    return Published(folder, manifest_of(folder))


def workspace_of(release: Path) -> Path | None:
    """Where a release stands in `releases/`, or a candidate in `.curate/candidates/`; None for one that
    was taken elsewhere.
    """
    above = Path(os.path.abspath(release)).parents
    if len(above) > 3 and (above[2].name, above[1].name) == (".curate", "candidates"):
        return above[3]
    return above[2] if len(above) > 2 and above[1].name == "releases" else None


def sound_release(folder: Path) -> Published:
    """Open a release of which every file is as its manifest says; raises `CurateError`."""
    from curate.release.verify import problems

    found = problems(folder)
    if found:
        raise CurateError(
            f"{folder} does not agree with its manifest: {found[0]}", f"curate verify {folder}"
        )
    return open_release(folder)
