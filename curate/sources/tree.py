"""One walk over a folder: what lies where, without following links and without asking twice.

The walk goes only where a pattern can lead. It remembers every name it saw, so that looking for
the files that belong to ten thousand others costs no system calls.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from curate.pairs.exhaustion import check_machine
from curate.sources.archive import Archive, inward
from curate.sources.boundary import Boundary, leaves, spelt
from curate.sources.cell import Cell, encodable
from curate.sources.pattern import Pattern, matches_name

Kind: TypeAlias = Literal["file", "folder", "link", "member", "other"]


@dataclass(frozen=True)
class Tree:
    """Folders by relative path, each with the kinds of what lies in it."""

    boundary: Boundary
    folders: dict[str, dict[str, Kind]]
    blocked: dict[str, Cell]
    """Folders that a pattern leads into and the walk cannot enter."""

    def locate(self, relative: str) -> Cell:
        """What `Boundary.locate` says, from memory where the walk has been."""
        if encodable(relative) != relative:
            detail = "the file's name is not UTF-8"
            return Cell(uri=encodable(relative), problem="unreadable", detail=detail)
        folder, _, name = relative.rpartition("/")
        entries = self.folders.get(folder)
        if entries is None or entries.get(name, "file") != "file" or "/./" in f"/{relative}/":
            return self.boundary.locate(relative)
        if name not in entries:
            return Cell(uri=relative)
        path = os.path.join(self.boundary.root, relative)
        if not os.access(path, os.R_OK):
            return Cell(uri=relative, problem="unreadable", detail="permission denied")
        return Cell(uri=relative, path=path)

    def matching(self, patterns: Sequence[Pattern]) -> list[str]:
        """Relative paths that match a pattern, sorted; folders where they pose as files."""
        return sorted(
            relative
            for relative, kind in self._entries()
            if any(
                pattern.matches(relative) and (kind != "folder" or _names_files(pattern))
                for pattern in patterns
            )
        )

    def _entries(self) -> Iterator[tuple[str, Kind]]:
        for folder, entries in self.folders.items():
            for name, kind in entries.items():
                relative = f"{folder}/{name}" if folder else name
                if relative not in self.blocked:
                    yield relative, kind

    def siblings(self, relative: str) -> list[str]:
        """Names of the files beside a path."""
        entries = self.folders.get(relative.rpartition("/")[0], {})
        return sorted(name for name, kind in entries.items() if kind != "folder")

    def stops(self, pattern: Pattern) -> str:
        """Up to where a pattern that matches nothing did match."""
        reached = {""}
        for at, part in enumerate(pattern.parts[:-1]):
            further = self._below(reached, part)
            if not further:
                return _dead_end(pattern.parts, at, reached, self._names(reached, "folder"))
            reached = further
        return _dead_end(pattern.parts, -1, reached, self._names(reached, "file"))

    def _below(self, reached: set[str], part: str) -> set[str]:
        if part == "**":
            return {
                folder
                for folder in self.folders
                if any(not top or f"{folder}/".startswith(f"{top}/") for top in reached)
            }
        return {
            folder
            for folder in self.folders
            if folder and folder.rpartition("/")[0] in reached
            if matches_name(part, folder.rpartition("/")[2])
        }

    def _names(self, folders: set[str], kind: Kind) -> list[str]:
        return [
            encodable(name)
            for folder in sorted(folders)
            for name, its in self.folders[folder].items()
            if (its == "folder") == (kind == "folder")
        ]


def walk(root: Path, patterns: Sequence[Pattern]) -> Tree:
    """Everything below a folder, or a zip archive, that the patterns can lead to."""
    tree = Tree(Boundary(root), {}, {})
    if tree.boundary.archive:
        return _unrolled(tree, *tree.boundary.archive, patterns)
    hidden = any(pattern.hidden for pattern in patterns)
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        entries = _listed(tree, folder)
        for name, kind in entries.items():
            relative = f"{folder}/{name}" if folder else name
            if kind not in ("folder", "link") or (name.startswith(".") and not hidden):
                continue
            if not any(pattern.leads_into(relative) for pattern in patterns):
                continue
            if kind == "folder":
                waiting.append(relative)
            elif _links_out(tree.boundary, relative):
                detail = "a link to a folder outside the source's folder"
                tree.blocked[relative] = Cell(
                    uri=encodable(relative), problem="refused", detail=detail
                )
    return tree


def _unrolled(tree: Tree, archive: Archive, inside: str, patterns: Sequence[Pattern]) -> Tree:
    """All of an archive's members below one of its folders."""
    if archive.problem:
        raise OSError(errno.EINVAL, archive.problem)
    tree.folders[""] = {}
    for name in archive.members:
        why = leaves(name)
        if why and any(pattern.matches(inward(name)) for pattern in patterns):
            tree.blocked[spelt(name)] = Cell(problem="refused", detail=why)
        elif not why and (not inside or name.startswith(f"{inside}/")):
            _add(tree.folders, name[len(inside) :].removeprefix("/"), "member")
    return tree


def _add(folders: dict[str, dict[str, Kind]], relative: str, kind: Kind) -> None:
    """A name, and the folders that it stands in."""
    while relative:
        folder, _, name = relative.rpartition("/")
        folders.setdefault(folder, {}).setdefault(name, kind)
        relative, kind = folder, "folder"


def _listed(tree: Tree, folder: str) -> dict[str, Kind]:
    try:
        with os.scandir(os.path.join(tree.boundary.root, folder)) as entries:
            found = {entry.name: _kind(entry) for entry in entries}
    except OSError as error:
        check_machine(error)
        if not folder:
            raise
        detail = f"the folder cannot be listed: {error.strerror}"
        tree.blocked[folder] = Cell(uri=encodable(folder), problem="unreadable", detail=detail)
        return {}
    tree.folders[folder] = found
    return found


def _kind(entry: os.DirEntry[str]) -> Kind:
    if entry.is_symlink():
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else "other"


def _links_out(boundary: Boundary, relative: str) -> bool:
    path = os.path.join(boundary.root, relative)
    return os.path.isdir(path) and not boundary.holds(os.path.realpath(path))


def _names_files(pattern: Pattern) -> bool:
    """Whether a glob's last part ends as files' names do."""
    return pattern.parts[-1].rpartition(".")[2].isalnum() and "." in pattern.parts[-1]


def _dead_end(parts: tuple[str, ...], at: int, reached: set[str], there: list[str]) -> str:
    shown = min(reached, key=lambda folder: (folder.count("/"), folder))
    where = f"'{encodable(shown)}'" if shown else "the source's path"
    more = f" and {len(reached) - 1} more folders" if len(reached) > 1 else ""
    rest = "/".join(parts[at:])
    exists = "exist" if more else "exists"
    return f"{where}{more} {exists}, '{rest}' matches nothing there; {_content(at, there)}"


def _content(at: int, there: list[str]) -> str:
    if not there:
        return "no other file is there" if at == -1 else "no folder is there"
    if at != -1:
        return f"folders there: {', '.join(sorted(set(there))[:5])}"
    kinds = Counter("." + name.rpartition(".")[2] if "." in name else "no suffix" for name in there)
    ranked = sorted(kinds, key=lambda kind: (-kinds[kind], kind))
    shown = ", ".join(ranked[:5])
    return f"{len(there)} other files: {shown}"
