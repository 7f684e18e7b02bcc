"""A zip archive as a folder: what is named below it is a member, read where it lies."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.errors import Unreadable
from curate.pairs import zip
from curate.pairs.media import IN_ZIP
from curate.sources.cell import Cell

if TYPE_CHECKING:
    from curate.sources.source import Problem

_FOLDERS = re.compile(r"[/\\]")


@dataclass(frozen=True)
class Archive:
    """One archive, and why it cannot be read where it cannot."""

    path: str
    members: dict[str, zip.Packed]
    """By their names as paths of files are written: `./a//b` is `a/b`."""
    problem: str | None = None

    @classmethod
    def at(cls, path: str) -> Archive | None:
        """Of this file, if it is one. Raises `OSError`."""
        try:
            if not zip.is_zip(path):
                return None
            found = zip.members(path)
        except Unreadable as error:
            return cls(path, {}, error.message)
        members: dict[str, zip.Packed] = {}
        for member in found:
            name = posixpath.normpath(member.name)
            twice = name in members and members[name].name != member.name
            several = f"one of several members that are called '{name}'"
            members[name] = member._replace(problem=several) if twice else member
        return cls(path, members)

    def locate(self, name: str, uri: str) -> Cell:
        """A cell with the member; without `path` when it is not there."""
        if self.problem:
            return Cell(uri=uri, problem="unreadable", detail=self.problem)
        member = self.members.get(name)
        if member is None:
            return Cell(uri=uri)
        if member.problem:
            kind: Problem = "unreadable" if member.regular else "refused"
            return Cell(uri=uri, problem=kind, detail=member.problem)
        return Cell(uri=uri, path=self.path, member=IN_ZIP + member.name)


def around(path: str) -> tuple[Archive, str] | None:
    """The archive that a path leads into or is, and what it names inside. Raises `OSError`."""
    inside: list[str] = []
    while not _is_file(path):
        path, name = os.path.split(path)
        if not name:
            return None
        inside.insert(0, name)
    archive = Archive.at(path)
    return None if archive is None else (archive, "/".join(inside))


def inward(name: str) -> str:
    """A name without what leads out of its folder."""
    return "/".join(part for part in _FOLDERS.split(name) if part not in ("", ".", ".."))


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
