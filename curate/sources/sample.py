"""The files of a tar archive that share a key, and what a field finds among them.

A field names an extension (`jpg`), or a key of the sample's JSON (`json.caption`, `json.meta.id`);
of several such names the first whose file is there counts.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from curate.errors import Unreadable
from curate.pairs import tar
from curate.pairs.media import IN_TAR, read_media
from curate.sources.boundary import spelt
from curate.sources.cell import Cell, encodable
from curate.sources.sheet import Sheet
from curate.sources.text_file import LONGEST, no_utf8
from curate.sources.value import text_of

if TYPE_CHECKING:
    from curate.sources.source import Problem

IN_JSON = "json."


@dataclass(frozen=True)
class Sample:
    """One key of one archive."""

    sheet: Sheet
    key: str
    files: dict[str, tar.Member]
    """Extension, in small letters -> the member."""

    @property
    def name(self) -> str:
        return spelt(self.key)

    def medium(self, bound: Sequence[str]) -> Cell:
        """Where a file lies."""
        return self._place(self._present(bound))

    def text(self, bound: Sequence[str]) -> Cell:
        value, cell = self.value(bound)
        if cell.path is None:
            return cell
        return text_of(value, cell.uri or "")

    def value(self, bound: Sequence[str]) -> tuple[Any, Cell]:
        """A file's text or what the JSON has, and where; null where the cell has no path."""
        chosen = self._present(bound)
        cell = self._place(chosen)
        if cell.path is None:
            return None, cell
        try:
            if chosen.startswith(IN_JSON):
                return self._in_json(chosen.removeprefix(IN_JSON)), cell
            return read_text(cell).strip() or None, cell
        except Unreadable as error:
            return None, Cell(uri=cell.uri, problem="unreadable", detail=error.message)

    def _present(self, bound: Sequence[str]) -> str:
        """The first of these that it has, else the first."""
        return next((name for name in bound if extension_of(name) in self.files), bound[0])

    def _place(self, name: str) -> Cell:
        member = self.files.get(extension_of(name))
        if member is None:
            return Cell(uri=self._uri(f"{self.key}.{extension_of(name)}"))
        inside = f"#{name.removeprefix(IN_JSON)}" if name.startswith(IN_JSON) else ""
        uri = self._uri(member.name) + inside
        if encodable(member.name) != member.name:
            return Cell(uri=uri, problem="unreadable", detail="the member's name is not UTF-8")
        if member.problem:
            kind: Problem = "unreadable" if member.regular else "refused"
            return Cell(uri=uri, problem=kind, detail=member.problem)
        return Cell(uri=uri, path=self.sheet.path, member=IN_TAR + member.name)

    def _uri(self, member: str) -> str:
        return f"{self.sheet.uri}#{spelt(member)}"

    def _in_json(self, key: str) -> Any:
        found = self._json
        for part in key.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found

    @cached_property
    def _json(self) -> Any:
        try:
            return json.loads(read_text(self._place("json")))
        except json.JSONDecodeError as error:
            detail = f"line {error.lineno}, column {error.colno}: {error.msg}"
            raise Unreadable(f"no JSON: {detail}") from None
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"no JSON: {error}") from None


def samples(sheet: Sheet) -> list[Sample]:
    """The samples of one archive, in the order of their first files."""
    found: dict[str, Sample] = {}
    for member in _members(sheet):
        key, extension = key_of(member.name)
        if not key or not extension:
            continue
        files = found.setdefault(key, Sample(sheet, key, {})).files
        several = f"one of several .{extension} files of its sample"
        twice = extension in files
        files[extension] = member._replace(problem=several) if twice else member
    return list(found.values())


def _members(sheet: Sheet) -> Sequence[tar.Member]:
    try:
        return tar.members(sheet.path)
    except Unreadable as error:
        raise sheet.fail(error.message) from None
    except OSError as error:
        raise sheet.fail(f"cannot be read: {error.strerror}") from None


def key_of(name: str) -> tuple[str, str]:
    """Key and extension, which begins behind the first dot of the file's name."""
    folder, base = posixpath.split(name.removeprefix("./"))
    stem, _, extension = base.partition(".")
    return (posixpath.join(folder, stem) if stem else ""), extension.lower()


def read_text(cell: Cell) -> str:
    """The text of a member; raises `Unreadable`."""
    data = read_media(cell.path or "", cell.member)
    if len(data) > LONGEST:
        raise Unreadable(f"a text of more than {LONGEST >> 20} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(no_utf8(error)) from None


def extension_of(name: str) -> str:
    """The extension of the file that a field's name for it leads to."""
    return "json" if name.startswith(IN_JSON) else name
