"""The files that list a source's pairs: tables, lists and archives, and how a recipe names them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from curate.errors import DataError
from curate.sources.boundary import Boundary
from curate.sources.pattern import MAGIC, Pattern
from curate.sources.tree import walk


@dataclass(frozen=True)
class Sheet:
    """One such file: where it is, and what a release calls it."""

    path: str
    uri: str
    folder: str = ""
    """Where the paths in it begin, relative to the folder that `uri` is relative to."""

    @property
    def root(self) -> Path:
        """The folder that `uri` is relative to."""
        return Path(self.path.removesuffix(self.uri))

    def fail(self, message: str, hint: str | None = None) -> DataError:
        return DataError(f"{self.uri}: {message}", hint)


def sheets(base: Path, path: str, noun: str) -> tuple[Path, list[Sheet]]:
    """The files that a path or glob names, and the folder that nothing is read outside of.

    Paths in a file begin at the file's own folder.
    """
    if MAGIC.search(path):
        return _matching(base, path, noun)
    file = base / path
    if not file.is_file():
        raise DataError(
            f"there is no {noun} '{path}'", "a source's path is relative to the recipe's folder"
        )
    return file.parent, [Sheet(str(file), file.name)]


def listed(base: Path, path: str, file: str) -> tuple[Path, Sheet]:
    """A list in a folder; the paths in it begin at the folder, wherever in it the list lies."""
    root = base / path
    if not root.is_dir():
        raise DataError(
            f"there is no folder '{path}'", "a source's path is relative to the recipe's folder"
        )
    return root, beside(root, file)


def beside(root: Path, file: str) -> Sheet:
    """A file that the recipe names, below a source's folder."""
    cell = Boundary(root).locate(file)
    if cell.member:
        raise DataError(f"the list '{file}' lies in an archive", "unpack it beside the archive")
    if cell.path is None:
        found = f"is {cell.problem}: {cell.detail}" if cell.problem else "is not there"
        raise DataError(f"the list '{file}' {found}", f"it should lie in '{root.name}'")
    return Sheet(cell.path, cell.uri or "")


def _matching(base: Path, path: str, noun: str) -> tuple[Path, list[Sheet]]:
    """The files that a glob names, below the folder in which its first wildcard stands."""
    folders = path.split("/")
    first = next(at for at, part in enumerate(folders) if MAGIC.search(part))
    root = base / ("/".join(folders[:first]) or ("/" if path.startswith("/") else "."))
    pattern = Pattern("/".join(folders[first:]))
    try:
        tree = walk(root, [pattern])
    except OSError as error:
        raise DataError(f"'{path}': the folder cannot be read: {error.strerror}") from None
    found = [tree.locate(relative) for relative in tree.matching([pattern])]
    found += tree.blocked.values()
    if not found:
        raise DataError(f"'{path}' matches no {noun}: {tree.stops(pattern)}")
    for cell in found:
        if cell.member:
            raise DataError(f"the {noun} '{cell.uri}' lies in an archive", "unpack the archive")
        if cell.path is None:
            raise DataError(f"the {noun} '{cell.uri}' is {cell.problem}: {cell.detail}")
    uris = [(cell.path or "", cell.uri or "") for cell in found]
    return root, [Sheet(path, uri, posixpath.dirname(uri)) for path, uri in uris]


def require_columns(sheet: Sheet, wanted: Iterable[str], there: list[str]) -> None:
    """Every column must exist, once."""
    for column in wanted:
        if column not in there:
            near = get_close_matches(column, there, n=1)
            meant = f"did you mean '{near[0]}'? " if near else ""
            raise sheet.fail(
                f"there is no column '{column}'", f"{meant}its columns are: {', '.join(there[:20])}"
            )
        if there.count(column) > 1:
            raise sheet.fail(
                f"the column '{column}' is there {there.count(column)} times", "rename one of them"
            )


def read_utf8(sheet: Sheet) -> str:
    """A file's text, without a byte order mark."""
    try:
        data = Path(sheet.path).read_bytes()
    except OSError as error:
        raise sheet.fail(f"cannot be read: {error.strerror}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise sheet.fail(
            f"line {line} is not UTF-8: byte 0x{data[error.start]:02x}", "save the table as UTF-8"
        ) from None
