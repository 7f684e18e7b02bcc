"""Keeps reading inside a source: a path that a stranger wrote is followed only below one folder.

What leads out (absolute, `..`, links) or to anything but a regular file is refused, before it is
opened. Links to files inside the folder are fine. A zip archive is a folder of its name.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
from pathlib import Path
from urllib.parse import quote

from curate.pairs.exhaustion import check_machine
from curate.sources.archive import Archive, around
from curate.sources.cell import Cell, encodable

ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]")
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def leaves(path: str) -> str | None:
    """Why a path cannot lie below a folder, seen from its spelling alone."""
    if URL.match(path):
        return "a URL; only files below the source's folder are read"
    if ABSOLUTE.match(path):
        return "an absolute path; only files below the source's folder are read"
    if ".." in re.split(r"[/\\]", path):
        return "a path with '..'; only files below the source's folder are read"
    if "\0" in path:
        return "a path with a NUL character"
    return None


def spelt(name: str) -> str:
    """A member's name as a row may be called; one that looks like a way out is spelt in percents."""
    readable = encodable(name)
    if leaves(readable) or "%" in readable:
        return quote(readable, safe="")
    return readable


class Boundary:
    """One folder, and what may be read below it."""

    def __init__(self, root: Path) -> None:
        self.root = os.path.realpath(root)
        self._parents: dict[str, str] = {}
        self._archives: dict[str, tuple[Archive, str] | None] = {}

    @property
    def archive(self) -> tuple[Archive, str] | None:
        """The archive that the folder is or lies in, and what it is called there."""
        return self._archive(self.root)

    def locate(self, relative: str) -> Cell:
        """A cell with the file at a path relative to the folder; without `path` when not there. Of a
        link, `path` is the file that it leads to.
        """
        why = leaves(relative)
        if why:
            return Cell(problem="refused", detail=why)
        uri = posixpath.normpath(relative)
        try:
            return self._locate(uri)
        except OSError as error:
            check_machine(error)
            return Cell(uri=uri, problem="unreadable", detail=error.strerror or str(error))
        except UnicodeEncodeError:
            return Cell(problem="unreadable", detail="a path with half a surrogate pair")

    def _locate(self, uri: str) -> Cell:
        real = self._real(uri)
        if not self.holds(real):
            return Cell(uri=uri, problem="refused", detail="a link out of the source's folder")
        try:
            mode = os.stat(real).st_mode
        except FileNotFoundError:
            return self._not_there(uri, os.path.join(self.root, uri))
        except NotADirectoryError:
            return self._packed(uri, real)
        if not stat.S_ISREG(mode):
            return Cell(uri=uri, problem="refused", detail=f"{kind(mode)}, not a regular file")
        if not os.access(real, os.R_OK):
            return Cell(uri=uri, problem="unreadable", detail="permission denied")
        return Cell(uri=uri, path=real)

    def _not_there(self, uri: str, path: str) -> Cell:
        if os.path.islink(path):
            return Cell(uri=uri, problem="unreadable", detail="a link to a file that is not there")
        return Cell(uri=uri)

    def _packed(self, uri: str, real: str) -> Cell:
        folder, name = os.path.split(real)
        found = self._archive(folder)
        if found is None:
            return Cell(uri=uri)
        archive, inside = found
        return archive.locate(posixpath.join(inside, name), uri)

    def _archive(self, folder: str) -> tuple[Archive, str] | None:
        """The archive that a folder is or lies in; looked for once."""
        if folder not in self._archives:
            self._archives[folder] = None if os.path.isdir(folder) else around(folder)
        return self._archives[folder]

    def _real(self, uri: str) -> str:
        """Where a path leads; folders are resolved once."""
        folder, name = posixpath.split(uri)
        if folder not in self._parents:
            self._parents[folder] = os.path.realpath(os.path.join(self.root, folder))
        path = os.path.join(self._parents[folder], name)
        return os.path.realpath(path) if os.path.islink(path) else path

    def holds(self, real: str) -> bool:
        """Whether a resolved path lies in the folder."""
        return real == self.root or real.startswith(self.root.rstrip(os.sep) + os.sep)


def kind(mode: int) -> str:
    """What a file that is no regular file is, in words."""
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFLNK: "a link",
    }
    return kinds.get(stat.S_IFMT(mode), "something else")
