"""What people decided about pairs: `reviews/<recipe name>.jsonl` in the workspace.

One JSON object a line, only ever appended to; of several lines on one field of a pair the last
counts:

    {"pair_id": "…", "field": "caption", "value": "A duck.", "by": "Ada", "at": "2026-11-21T10:00:00Z"}

A line is a correction: the field holds this value, whatever a source gave, and no label takes its
place. It is of the field's type: a text, and of metadata also a number or a truth value. Ids are
those of pairs as they were read or formed, so corrections stand until the content they were made
for changes at its source. A line may say `"action": "correct"`; there is no other yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curate.errors import DataError
from curate.ledger.verdict import VERDICT, verdicts
from curate.pairs.field import Fields, metadata_fields
from curate.pairs.identity import canonical_json, content_hash
from curate.run.admitting import change
from curate.store.blobs import Blobs


class Correction(BaseModel):
    """A line of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    action: Literal["correct"] = "correct"
    pair_id: str = Field(min_length=1)
    field: str
    value: str | bool | int | float
    by: str = Field(min_length=1)
    at: str


@dataclass(frozen=True)
class Reviews:
    """The corrections that count, by pair and field; where they stand, for messages."""

    path: Path
    corrections: dict[tuple[str, str], Correction]
    lines: dict[tuple[str, str], int]

    @property
    def revision(self) -> str:
        """Names what they say, however often it was said and in what order."""
        counting = sorted(self.corrections.items())
        return content_hash(canonical_json([one.model_dump() for _, one in counting]))

    def applied(self, table: pl.DataFrame, fields: Fields, blobs: Blobs) -> Corrected:
        """The table as people want it. Its column `reviewed` names what they decided."""
        known = set(table["pair_id"])
        found = {key: one for key, one in self.corrections.items() if key[0] in known}
        said = [self._verdict(one, old) for one, old in _olds(found, table)]
        for name in sorted({name for _, name in found}):
            ids = [pair_id for pair_id, field in found if field == name]
            values = [self._typed(found[i, name], table.schema[name]) for i in ids]
            rows = pl.DataFrame(
                {"pair_id": ids, name: values}, schema_overrides={name: table.schema[name]}
            )
            table = change(rows, table, fields, blobs)
        lacking = len({pair_id for pair_id, _ in self.corrections} - known)
        note = f"reviewed, but not here: {lacking}" if lacking else None
        frame = pl.DataFrame(said, schema={n: VERDICT[n] for n in _SAID})
        return Corrected(_with_reviewed(table, found), verdicts(frame), note)

    def _typed(self, one: Correction, kind: pl.DataType) -> Any:
        """The value, if the field can hold it: a text where it holds texts, and so on."""
        name, types = _kind(kind)
        if type(one.value) not in types or not _holds(kind, one.value):
            line = self.lines[one.pair_id, one.field]
            raise _wrong(self.path, line, f"'{one.field}' holds {name}, not {one.value!r}")
        return one.value

    @staticmethod
    def _verdict(one: Correction, old: Any) -> dict[str, Any]:
        same = old == one.value
        return {
            "pair_id": one.pair_id,
            "verdict": "keep" if same else "change",
            "reason": f"{'confirmed' if same else 'corrected'} by {one.by}",
            "detail": f"{one.field}: {_quoted(one.value)}"
            + ("" if same else f" in place of {_quoted(old)}")
            + f", {one.at}",
        }


@dataclass(frozen=True)
class Corrected:
    """A table after its reviews, and what the ledger says of them."""

    table: pl.DataFrame
    verdicts: pl.DataFrame
    note: str | None


_SAID = ("pair_id", "verdict", "reason", "detail")


def reviews_path(workspace: Path, name: str) -> Path:
    """Where a recipe's reviews lie."""
    return workspace / "reviews" / f"{name}.jsonl"


def read_reviews(path: Path, fields: Fields) -> Reviews | None:
    """The file's corrections, or None where there is none; raises `DataError` with the line."""
    if not path.exists():
        return None
    corrections: dict[tuple[str, str], Correction] = {}
    lines: dict[tuple[str, str], int] = {}
    for number, text in _lines(path):
        one = _read(path, number, text)
        _check(path, number, one, fields)
        corrections[one.pair_id, one.field] = one
        lines[one.pair_id, one.field] = number
    return Reviews(path, corrections, lines)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            yield number, line


def _read(path: Path, number: int, text: bytes) -> Correction:
    try:
        line = text.decode("utf-8-sig" if number == 1 else "utf-8")
        value = json.loads(line, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise _wrong(path, number, f"is no UTF-8 at byte {error.start + 1}") from None
    except (ValueError, RecursionError) as error:
        raise _wrong(path, number, f"is no JSON: {error}") from None
    try:
        return Correction.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"][:1]))
        raise _wrong(path, number, f"{place}: {first['msg']}" if place else first["msg"]) from None


def _check(path: Path, number: int, one: Correction, fields: Fields) -> None:
    able = [*(n for n, field in fields.items() if field.type == "text"), *metadata_fields(fields)]
    if one.field not in able:
        what = f"is of type {fields[one.field].type}" if one.field in fields else "is no field"
        raise _wrong(path, number, f"'{one.field}' {what}", f"one of {', '.join(able)}")
    if isinstance(one.value, str) and not one.value.strip():
        raise _wrong(path, number, "the value is empty")
    if not _is_text(f"{one.pair_id}{one.value}{one.by}"):
        raise _wrong(path, number, "holds half a character: a lone surrogate")
    try:
        datetime.fromisoformat(one.at)
    except ValueError:
        hint = "a moment such as 2026-11-21T10:00:00Z"
        raise _wrong(path, number, f"'{one.at}' is no moment", hint) from None


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no value")


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _wrong(path: Path, line: int, what: str, hint: str | None = None) -> DataError:
    return DataError(f"{path}, line {line}: {what}", hint)


def _olds(
    found: dict[tuple[str, str], Correction], table: pl.DataFrame
) -> Iterator[tuple[Correction, Any]]:
    """Every correction with the value that it takes the place of."""
    for name in sorted({name for _, name in found}):
        olds = dict(table.select("pair_id", name).iter_rows())
        yield from ((one, olds[one.pair_id]) for key, one in found.items() if key[1] == name)


def _with_reviewed(table: pl.DataFrame, found: dict[tuple[str, str], Correction]) -> pl.DataFrame:
    names: dict[str, list[str]] = {}
    for pair_id, name in sorted(found):
        names.setdefault(pair_id, []).append(name)
    decided = pl.DataFrame(
        {"pair_id": list(names), "reviewed": list(names.values())},
        schema={"pair_id": pl.String, "reviewed": pl.List(pl.String)},
    )
    return table.join(decided, on="pair_id", how="left", maintain_order="left")


def _kind(kind: pl.DataType) -> tuple[str, tuple[type, ...]]:
    """What a column holds, in words, and as JSON gives it."""
    if kind == pl.String:
        return "texts", (str,)
    if kind == pl.Boolean:
        return "true or false", (bool,)
    return ("whole numbers", (int,)) if kind.is_integer() else ("numbers", (int, float))


def _holds(kind: pl.DataType, value: Any) -> bool:
    """Whether a value is not too large for its column."""
    try:
        pl.Series([value], dtype=kind)
    except (OverflowError, TypeError, pl.exceptions.PolarsError):
        return False
    return True


def _quoted(value: Any) -> str:
    return "nothing" if value is None else f"'{value}'" if isinstance(value, str) else f"{value}"
