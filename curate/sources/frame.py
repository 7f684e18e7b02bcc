"""From cells to the frame that `Source.rows` promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from curate.pairs.field import CLOCKED, MEDIA
from curate.sources.cell import Cell

if TYPE_CHECKING:
    from curate.pairs.field import Field, Fields

SEVERITY: dict[str, int] = {"refused": 0, "unreadable": 1, "missing": 2}
TEXT = ("text", "uri")
PLACE = ("uri", "path", "member")
SPAN = ("start", "end")
CELLS: dict[str, type[pl.DataType]] = {
    "text": pl.String,
    "uri": pl.String,
    "path": pl.String,
    "member": pl.String,
    "start": pl.Float64,
    "end": pl.Float64,
    "problem": pl.String,
    "detail": pl.String,
}
"""One field of all rows as a frame: what a `Cell` holds, one row each."""
Cells: TypeAlias = "Sequence[Cell] | pl.DataFrame"

_SPACE = "".join(filter(str.isspace, map(chr, range(0x3001))))


def assemble(
    name: str,
    rows: Sequence[str] | pl.Series,
    cells: Mapping[str, Cells],
    metadata: Mapping[str, pl.Series],
    fields: Fields,
) -> pl.DataFrame:
    """The frame of a source; fields that it does not bind are null throughout."""
    height = len(rows)
    columns: dict[str, pl.Series] = {
        "source": pl.repeat(name, height, dtype=pl.String, eager=True),
        "row": pl.Series(rows, dtype=pl.String),
    }
    frames = {key: as_frame(found) for key, found in cells.items()}
    for key, field in fields.items():
        if field.type == "metadata":
            columns[key] = metadata.get(key, _nothing(height))
        else:
            columns |= _spread(key, field, frames.get(key, pl.DataFrame(schema=CELLS)), height)
    return pl.DataFrame(columns).hstack(_problems(frames, fields, height))


def as_frame(cells: Cells) -> pl.DataFrame:
    """The cells of one field as columns."""
    if isinstance(cells, pl.DataFrame):
        return cells
    return pl.DataFrame(
        {
            part: pl.Series([getattr(cell, part) for cell in cells], dtype=dtype)
            for part, dtype in CELLS.items()
        }
    )


def text_cells(values: pl.Series, uri: str, column: str, field: Field) -> pl.DataFrame:
    """The cells of a table's column in which all is text, told without looking at each."""
    text = pl.col("text").str.strip_chars(_SPACE)
    place = pl.concat_str(pl.lit(f"{uri}#"), pl.int_range(pl.len()), pl.lit(f"/{column}"))
    found = values.rename("text").to_frame().select(pl.when(text != "").then(text), uri=place)
    absent = pl.col("text").is_null()
    if field.type == "text" and field.optional:
        said = {"uri": pl.when(~absent).then("uri")}
    else:
        told = pl.when(absent).then(pl.lit("no text at ") + pl.col("uri"))
        said = {"problem": pl.when(absent).then(pl.lit("missing")), "detail": told}
    found = found.with_columns(**said)
    lacking = [pl.lit(None, t).alias(n) for n, t in CELLS.items() if n not in found.columns]
    return found.with_columns(lacking).select(list(CELLS))


def _nothing(height: int, dtype: type[pl.DataType] = pl.String) -> pl.Series:
    return pl.repeat(None, height, dtype=dtype, eager=True)


def _spread(key: str, field: Field, cells: pl.DataFrame, height: int) -> dict[str, pl.Series]:
    parts = PLACE if field.type in MEDIA else TEXT
    if field.type in CLOCKED:
        parts = (*parts, *SPAN)
    return {
        key if part == "text" else f"{key}_{part}": cells[part]
        if cells.height
        else _nothing(height, CELLS[part])
        for part in parts
    }


def _problems(frames: Mapping[str, pl.DataFrame], fields: Fields, height: int) -> pl.DataFrame:
    """The gravest problem of each row; of equals, the first field's."""
    names = ("problem", "problem_field", "problem_detail")
    worst = pl.DataFrame({name: _nothing(height) for name in names})
    for key in (key for key in fields if key in frames):
        found = frames[key].select(problem="problem", field=pl.lit(key), detail="detail")
        if found["problem"].null_count() < height:
            graver = _severity(found["problem"]) < _severity(worst["problem"])
            worst = pl.DataFrame(
                {
                    name: new.zip_with(graver, old)
                    for name, new, old in zip(names, found, worst, strict=True)
                }
            )
    return worst


def _severity(problems: pl.Series) -> pl.Series:
    return problems.replace_strict(SEVERITY, default=len(SEVERITY), return_dtype=pl.Int8)
