"""From cells to the frame that `Source.rows` promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from curate.pairs.field import CLOCKED, MEDIA
from curate.sources.cell import ABSENT, Cell

if TYPE_CHECKING:
    from curate.pairs.field import Field, Fields

SEVERITY: dict[str, int] = {"refused": 0, "unreadable": 1, "missing": 2}
TEXT = ("text", "uri")
PLACE = ("uri", "path", "member")
SPAN = ("start", "end")


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
    columns = {
        key if part == "text" else f"{key}_{part}": pl.Series(
            [getattr(cell, part) for cell in cells], dtype=pl.String
        )
        for part in (PLACE if field.type in MEDIA else TEXT)
    }
    if field.type not in CLOCKED:
        return columns
    return columns | {
        f"{key}_{part}": pl.Series([getattr(cell, part) for cell in cells], dtype=pl.Float64)
        for part in SPAN
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
