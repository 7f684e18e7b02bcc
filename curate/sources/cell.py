"""What one field of one row holds before anything is read: a text, a place, or what is wrong.

Sources make cells; `assemble` turns columns of cells into the frame that `Source.rows` promises.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from curate.pairs.field import MEDIA

if TYPE_CHECKING:
    from curate.pairs.field import Field, Fields
    from curate.sources.source import Problem

SEVERITY: dict[str, int] = {"refused": 0, "unreadable": 1, "missing": 2}
COLUMNS = {
    "text": ("text", "uri"),
    "media": ("uri", "path", "member"),
}


class Cell(NamedTuple):
    """Wholly empty when the row lacks the field."""

    text: str | None = None
    uri: str | None = None
    path: str | None = None
    member: str | None = None
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


def assemble(
    name: str,
    rows: Sequence[str],
    cells: dict[str, list[Cell]],
    metadata: dict[str, pl.Series],
    fields: Fields,
) -> pl.DataFrame:
    """The frame of a source; fields that it does not bind are null throughout."""
    columns: dict[str, pl.Series] = {
        "source": pl.Series([name] * len(rows), dtype=pl.String),
        "row": pl.Series(rows, dtype=pl.String),
    }
    for key, field in fields.items():
        if field.type == "metadata":
            columns[key] = metadata.get(key, pl.Series([None] * len(rows), dtype=pl.String))
        else:
            columns |= _spread(key, field, cells.get(key, [ABSENT] * len(rows)))
    return pl.DataFrame(columns | _problems(cells, fields, len(rows)))


def _spread(key: str, field: Field, cells: list[Cell]) -> dict[str, pl.Series]:
    parts = COLUMNS["media" if field.type in MEDIA else "text"]
    return {
        key if part == "text" else f"{key}_{part}": pl.Series(
            [getattr(cell, part) for cell in cells], dtype=pl.String
        )
        for part in parts
    }


def _problems(cells: dict[str, list[Cell]], fields: Fields, height: int) -> dict[str, pl.Series]:
    """The gravest problem of each row; of equals, the first field's."""
    worst: list[tuple[str | None, str | None, str | None]] = [(None, None, None)] * height
    for key in reversed([key for key in fields if key in cells]):
        for at, cell in enumerate(cells[key]):
            if cell.problem and SEVERITY[cell.problem] <= SEVERITY.get(worst[at][0] or "", 9):
                worst[at] = (cell.problem, key, cell.detail)
    names = ("problem", "problem_field", "problem_detail")
    return {
        name: pl.Series([row[at] for row in worst], dtype=pl.String)
        for at, name in enumerate(names)
    }
