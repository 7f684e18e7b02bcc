"""Stretches of films listed as AVSpeech lists them: film, start, end, and where the face is.

Ephrat et al., Looking to Listen at the Cocktail Party (2018). Cells are `id,start,end,x,y` in this
order, seconds and shares of the picture; the last two, and a header, may be lacking. The list names
films by id, a template finds each film's file; films that nobody has any more are unreadable rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

from curate.pairs.field import CLOCKED, MEDIA
from curate.pairs.span import span
from curate.sources import slots
from curate.sources.cell import Cell
from curate.sources.csv import columns_of, quoted_lines
from curate.sources.listed import Listed
from curate.sources.sheet import Sheet
from curate.sources.value import Clip
from curate.steps.step import Objection

if TYPE_CHECKING:
    from curate.pairs.field import Field
    from curate.sources.table import Values

COLUMNS = ("id", "start", "end", "x", "y")


class AVSpeech(Listed):
    """One row per stretch."""

    word: ClassVar[str] = "avspeech"
    summary: ClassVar[str] = "Stretches of films, listed as film, start, end and the face's place."
    examples: ClassVar[tuple[str, ...]] = (
        """- avspeech:
    path: avspeech
    file: avspeech_train.csv
    max_unreadable: 0.2                  # films that are gone
    film: "clips/{id}.mp4"
    face_x: x""",
    )
    columns: ClassVar[tuple[str, ...]] = COLUMNS

    def check_binding(self, key: str, binding: Any, field: Field) -> Iterator[Objection]:
        if field.type in CLOCKED:
            yield from slots.objections(key, binding, "clips/{id}.mp4", ("id",))
        else:
            yield from super().check_binding(key, binding, field)

    def _offered(self, field: Field) -> tuple[str, ...]:
        return () if field.type in MEDIA else self.columns

    def read(self, sheet: Sheet, columns: Mapping[str, bool]) -> dict[str, list[Any]]:
        own = [column for column, is_media in columns.items() if not is_media]
        values = columns_of(sheet, _headed(sheet), dict.fromkeys([*COLUMNS[:3], *own]))
        rows = list(zip(*(values[column] for column in COLUMNS[:3]), strict=True))
        read = {column: [_number(cell) for cell in values[column]] for column in own}
        return read | {column: rows for column, is_media in columns.items() if is_media}

    def placed(self, column: str, values: Values) -> list[Any]:
        return [_clip(column, *row) for row in values[column]]


def _headed(sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    """The lines below our own header, whatever theirs says."""
    lines = quoted_lines(sheet, ",")
    first = next(lines, None)
    if first is None:
        raise sheet.fail("is empty")
    number, cells = first
    if not 3 <= len(cells) <= len(COLUMNS):
        raise sheet.fail(f"line {number} has {len(cells)} cells, not {', '.join(COLUMNS)}")
    own = [] if _is_word(cells[1]) and _is_word(cells[2]) else [first]
    return chain([(0, list(COLUMNS[: len(cells)]))], own, lines)


def _is_word(cell: str) -> bool:
    return cell.strip()[:1].isalpha() and cell.strip().lower() not in ("nan", "inf", "infinity")


def _clip(template: str, film: str | None, start: str | None, end: str | None) -> Clip | Cell:
    path = slots.fill(template, {"id": film})
    if path is None:
        return Cell(problem="unreadable", detail="no film is named")
    begins, ends = _seconds(start), _seconds(end)
    if begins is None or ends is None or begins < 0:
        detail = f"'{start}' to '{end}' is no stretch in seconds"
        return Cell(problem="unreadable", detail=detail)
    stretch = span(begins, ends)
    if stretch.duration <= 0:
        return Cell(problem="unreadable", detail=f"ends at {ends:g} s, begins at {begins:g} s")
    return Clip(path, stretch)


def _seconds(cell: str | None) -> float | None:
    try:
        value = float(cell or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _number(cell: str | None) -> float | str | None:
    number = _seconds(cell)
    return cell if number is None else number
