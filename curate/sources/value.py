"""Values out of tables, as pairs have them: texts, places of media, and plain metadata."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from curate.errors import DataError
from curate.pairs.span import Span
from curate.sources.cell import ABSENT, Cell, text_cell

if TYPE_CHECKING:
    import polars as pl


class Embedded(Enum):
    """Stands for a medium whose bytes lie in the table itself."""

    HERE = "here"


class Clip(NamedTuple):
    """Stands for a stretch of a recording that has a file of its own."""

    path: str
    span: Span


EMBEDDED: Final = Embedded.HERE
INT64 = range(-(2**63), 2**63)


def text_of(value: Any, uri: str) -> Cell:
    """A text cell; numbers and truth values are spelt as JSON spells them."""
    plain = _plain(value)
    if plain is None:
        return ABSENT._replace(uri=uri)
    if isinstance(plain, str):
        return text_cell(plain, uri)
    if isinstance(plain, bool | int | float):
        return text_cell(json.dumps(plain), uri)
    return Cell(uri=uri, problem="unreadable", detail=f"holds {_name(plain)}, not a text")


def together(parts: Sequence[Sequence[Any] | pl.Series]) -> Sequence[Any] | pl.Series:
    """A column's values in several sheets, one after the other."""
    import polars as pl

    series = [part for part in parts if isinstance(part, pl.Series)]
    if len(series) == len(parts) and len({part.dtype for part in series}) == 1:
        return pl.concat(series)
    return list(chain.from_iterable(parts))


def metadata_of(key: str, values: Sequence[Any] | pl.Series) -> pl.Series:
    """One type for all: truth values, whole numbers, numbers, else text."""
    import polars as pl

    if isinstance(values, pl.Series):
        return _of_series(values.rename(key))
    plain = [_plain(value) for value in values]
    kinds = {type(value) for value in plain if value is not None}
    strange = next((value for value in plain if isinstance(value, dict | list | bytes)), None)
    if strange is not None:
        raise DataError(
            f"{key} holds {_name(strange)}; metadata is text, a number or a truth value"
        )
    fits = all(value in INT64 for value in plain if isinstance(value, int))
    if kinds == {bool}:
        return pl.Series(key, plain, dtype=pl.Boolean)
    if kinds == {int} and fits:
        return pl.Series(key, plain, dtype=pl.Int64)
    if kinds and kinds <= {int, float} and fits:
        return pl.Series(key, [_number(value) for value in plain], dtype=pl.Float64)
    return pl.Series(key, [_spelt(value) for value in plain], dtype=pl.String)


def _of_series(values: pl.Series) -> pl.Series:
    import polars as pl

    if values.dtype.is_float():
        values = values.fill_nan(None)
    if values.dtype == pl.String or values.null_count() == values.len():
        return values.cast(pl.String).replace({"": None})
    return values.cast(pl.Int64) if values.dtype.is_integer() else values


def _plain(value: Any) -> Any:
    """What is left of the types that tables have: no NaN, no dates, no decimals."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if value is None or isinstance(value, str | bool | int | float | dict | list | bytes):
        return value
    return str(value)


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _spelt(value: Any) -> str | None:
    text = value if isinstance(value, str) or value is None else json.dumps(value)
    return text.encode("utf-8", "replace").decode() or None if text is not None else None


def _name(value: Any) -> str:
    names = {"dict": "an object", "list": "a list", "bytes": "bytes"}
    kind = type(value).__name__
    return names.get(kind, f"a {kind}")
