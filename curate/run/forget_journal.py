"""What a forgetting has set out to do: `.curate/forgetting.json`, there from before the first byte goes
until all is done, so that one that was killed can be finished. It holds marks, and no id, hash or text.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from curate.errors import CurateError


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Doomed(_Part):
    """A release that goes."""

    name: str
    version: str
    digest: str
    pairs: int
    """Of those that are forgotten."""
    successor: str | None

    def folder(self, workspace: Path) -> Path:
        return workspace / "releases" / self.name / self.version


class Rebuild(_Part):
    """A release that comes in its place."""

    name: str
    version: str
    recipe: str
    """Where its recipe lies, from the workspace; what its paths are relative to."""
    text: str
    """The recipe as the newest release that goes was built from, under its new version."""
    limit: int | None


class Counts(_Part):
    """How much it is about."""

    asked: int
    """Pairs that were named, or hold what was; each id once."""
    along: int
    """Pairs that go with them."""
    contents: int
    made: int
    """Contents that machines made of them."""
    shared: int
    """Contents that stay, since pairs that stay hold them too."""
    holders: list[str] = []
    """Releases, candidates and sources that these pairs are in."""


class Journal(_Part):
    """The whole intent."""

    format: int = 1
    at: str
    marks: list[str]
    """To be refused for ever."""
    derived: list[str]
    """To be removed now; builds alone can make them, and cannot without what they were made of."""
    releases: list[Doomed]
    folders: list[str]
    """Candidates that go, from the workspace."""
    rebuilds: list[Rebuild]
    counts: Counts
    notes: list[str]
    """What could not be looked at."""

    def write(self, workspace: Path) -> None:
        """There whole or not at all, and on the disk."""
        path = journal_path(workspace)
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_name(f".{path.name}.tmp")
        with staged.open("w") as file:
            file.write(self.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        staged.rename(path)


@contextmanager
def alone(workspace: Path) -> Iterator[None]:
    """Hold a workspace against other forgettings."""
    path = workspace / ".curate" / "forget.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CurateError(f"another forgetting is under way in {workspace}") from None
        yield


def journal_path(workspace: Path) -> Path:
    return workspace / ".curate" / "forgetting.json"


def read_journal(workspace: Path) -> Journal | None:
    """What was begun and is not done, or None."""
    path = journal_path(workspace)
    if not path.exists():
        return None
    try:
        journal = Journal.model_validate_json(path.read_text())
    except ValueError:
        raise CurateError(
            f"{path} is damaged, or another version of curate wrote it: a forgetting is not done",
            "finish it with that version; where there is none, remove the file and forget again",
        ) from None
    return journal
