"""What one field of one row holds: a text, the place of a medium, or what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from curate.pairs.field import MEDIA

if TYPE_CHECKING:
    from curate.pairs.field import Field
    from curate.sources.source import Problem


class Cell(NamedTuple):
    """Wholly empty when the row lacks the field; `start` and `end` in seconds, of a span only."""

    text: str | None = None
    uri: str | None = None
    path: str | None = None
    member: str | None = None
    start: float | None = None
    end: float | None = None
    problem: Problem | None = None
    detail: str | None = None

    @property
    def absent(self) -> bool:
        return self.text is None and self.path is None and self.problem is None


ABSENT = Cell()


def encodable(name: str) -> str:
    """A name as UTF-8 can hold it: bytes of a file's name that are no UTF-8 are spelt out."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def text_cell(text: str | None, uri: str) -> Cell:
    """A text without the space around it; nothing left of it is no text."""
    stripped = (text or "").strip()
    if not stripped:
        return Cell(uri=uri)
    try:
        stripped.encode()
    except UnicodeEncodeError:
        return Cell(uri=uri, problem="unreadable", detail="text with half a surrogate pair")
    return Cell(text=stripped, uri=uri)


def required(cell: Cell, field: Field) -> Cell:
    """The cell as the frame has it: nothing of what may be absent, a problem for what may not."""
    if not cell.absent:
        return cell
    if field.optional:
        return ABSENT
    if field.type in MEDIA:
        detail = f"no such file: {cell.uri}" if cell.uri else "no file is named"
        return cell._replace(problem="unreadable", detail=detail)
    detail = f"no text at {cell.uri}" if cell.uri else "no text"
    return cell._replace(problem="missing", detail=detail)
