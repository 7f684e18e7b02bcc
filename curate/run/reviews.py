"""What people decided about pairs: `reviews/<recipe name>.jsonl` in the workspace.

One JSON object a line, only ever appended to:

    {"pair_id": "…", "field": "caption", "value": "A duck.", "by": "Ada", "at": "2026-11-21T10:00:00Z"}
    {"action": "drop", "pair_id": "…", "by": "Bob", "at": "2026-11-21T10:01:00Z"}

| `action` | says | with |
|---|---|---|
| `correct`, or none | the field holds this value, and no label takes its place | `field`, `value` |
| `wrong_label` | the field's value is wrong: it is empty, and no label fills it, until a person does | `field` |
| `keep` | the pair stays, whatever steps think of its quality (`Step.judges`) | |
| `drop` | the pair goes | |
| `unsafe` | the pair goes, and is never shown | |
| `synthetic` | a machine made the pair: its origin is `declared_synthetic` | |
| `undo` | the person's last line on this pair that still stands was never said | |

Ids are those of pairs as they were read, formed or made, so lines stand until the content that they
speak of changes at its source. Lines answer questions: whether a pair stays, what a field holds,
where a pair comes from. On each the last line counts, whoever wrote it: who comes later has seen
what others said, and one line decides even where two people are at odds. `unsafe` alone is not
outvoted: it stands until the person who said so says otherwise or takes it back.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curate.errors import DataError
from curate.pairs.field import Fields, metadata_fields
from curate.pairs.identity import canonical_json, content_hash


class _Said(BaseModel):
    """What every line holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    pair_id: str = Field(min_length=1)
    by: str = Field(min_length=1)
    at: str


class Correction(_Said):
    """A field's value; a text, and of metadata also a number or a truth value."""

    action: Literal["correct"] = "correct"
    field: str
    value: str | bool | int | float

    @property
    def question(self) -> str:
        return f"field {self.field}"


class WrongLabel(_Said):
    """A field's value is wrong, and what would be right was not said."""

    action: Literal["wrong_label"]
    field: str

    @property
    def question(self) -> str:
        return f"field {self.field}"


class Judgement(_Said):
    """Whether a pair stays."""

    action: Literal["keep", "drop", "unsafe"]
    question: ClassVar[str] = "verdict"


class Synthetic(_Said):
    """A machine made the pair."""

    action: Literal["synthetic"]
    question: ClassVar[str] = "origin"


class Undo(_Said):
    """Takes back the same person's last standing line on the pair."""

    action: Literal["undo"]


Opinion: TypeAlias = Correction | WrongLabel | Judgement | Synthetic
Line: TypeAlias = Opinion | Undo
_LINES: Mapping[str, type[Line]] = {
    "correct": Correction,
    "keep": Judgement,
    "drop": Judgement,
    "synthetic": Synthetic,
    "wrong_label": WrongLabel,
    "unsafe": Judgement,
    "undo": Undo,
}
ACTIONS = tuple(_LINES)


@dataclass(frozen=True)
class Placed:
    """An opinion, and the number of its line, for messages."""

    line: int
    said: Opinion


@dataclass(frozen=True)
class Reviews:
    """The opinions that stand, in the order of their lines; where they were read."""

    path: Path
    opinions: Sequence[Placed]

    @cached_property
    def by_person(self) -> dict[tuple[str, str], dict[str, Placed]]:
        """Pair and question -> by whom -> what each of them says at last."""
        found: dict[tuple[str, str], dict[str, Placed]] = {}
        for one in self.opinions:
            people = found.setdefault((one.said.pair_id, one.said.question), {})
            people.pop(one.said.by, None)
            people[one.said.by] = one
        return found

    @cached_property
    def counting(self) -> dict[tuple[str, str], Placed]:
        """Pair and question -> the opinion that the build follows."""
        return {key: _decisive(list(said.values())) for key, said in self.by_person.items()}

    @property
    def pairs(self) -> int:
        """How many pairs people said something of."""
        return len({one.said.pair_id for one in self.opinions})

    def of(self, pair_ids: pl.Series) -> set[str]:
        """Those of the pairs that people said something of."""
        return {one.said.pair_id for one in self.opinions} & set(pair_ids)

    @property
    def unsafe(self) -> frozenset[str]:
        """Pairs that must not be shown."""
        return frozenset(i for (i, _), one in self.counting.items() if one.said.action == "unsafe")

    def by(self, name: str) -> set[str]:
        """The pairs that somebody said something of."""
        return {one.said.pair_id for one in self.opinions if one.said.by == name}

    def last_of(self, name: str) -> str | None:
        """The pair that somebody's last standing line is on."""
        return next((o.said.pair_id for o in reversed(self.opinions) if o.said.by == name), None)

    @property
    def revision(self) -> str:
        """Names what they say, however often it was said and in what order."""
        counting = sorted(self.counting.items(), key=lambda item: item[0])
        return content_hash(canonical_json([one.said.model_dump() for _, one in counting]))


def _decisive(said: Sequence[Placed]) -> Placed:
    """Of each person's last opinion the last of all, unless somebody fears harm."""
    return next((one for one in said if one.said.action == "unsafe"), said[-1])


def reviews_path(workspace: Path, name: str) -> Path:
    """Where a recipe's reviews lie."""
    return workspace / "reviews" / f"{name}.jsonl"


def read_reviews(path: Path, fields: Fields) -> Reviews | None:
    """The opinions that stand, or None without a file; raises `DataError` with the line."""
    if not path.exists():
        return None
    stacks: dict[tuple[str, str], list[Placed]] = {}
    for number, text in _lines(path):
        try:
            one = _read(text, first=number == 1)
            _check(one, fields)
        except DataError as error:
            raise wrong(path, number, error.message, error.hint) from None
        _enter(stacks.setdefault((one.pair_id, one.by), []), number, one)
    standing = [one for stack in stacks.values() for one in stack]
    return Reviews(path, sorted(standing, key=lambda one: one.line))


def line(said: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    """A line as it is written; raises `DataError` where a build would not take it."""
    one = _validated(dict(said))
    _check(one, fields)
    return one.model_dump()


def _enter(stack: list[Placed], number: int, one: Line) -> None:
    """A person's lines on a pair that stand, after one more."""
    if not isinstance(one, Undo):
        stack.append(Placed(number, one))
    elif stack:
        stack.pop()


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            yield number, line


def _read(text: bytes, *, first: bool) -> Line:
    try:
        line = text.decode("utf-8-sig" if first else "utf-8")
        return _validated(json.loads(line, parse_constant=_no_number))
    except UnicodeDecodeError as error:
        raise DataError(f"is no UTF-8 at byte {error.start + 1}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"is no JSON: {error}") from None


def _validated(value: Any) -> Line:
    action = value.get("action", "correct") if isinstance(value, dict) else "correct"
    if action not in ACTIONS:
        raise DataError(f"'{action}' is no action", f"one of {', '.join(ACTIONS)}")
    try:
        return _LINES[action].model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"][:1]))
        raise DataError(f"{place}: {first['msg']}" if place else first["msg"]) from None


def _check(one: Line, fields: Fields) -> None:
    if isinstance(one, Correction | WrongLabel):
        able = correctable(fields) if isinstance(one, Correction) else emptied(fields)
        if one.field not in able:
            raise DataError(f"'{one.field}' {_lacks(one.field, fields)}", _one_of(able))
    value = one.value if isinstance(one, Correction) else True
    if isinstance(value, str) and not value.strip():
        raise DataError("the value is empty")
    if isinstance(value, float) and not math.isfinite(value):
        raise DataError(f"the value is no number: {value}")
    if not _is_text(f"{one.pair_id}{value}{one.by}"):
        raise DataError("holds half a character: a lone surrogate")
    if not one.by.isprintable():
        raise DataError("'by' holds what cannot be shown")
    try:
        datetime.fromisoformat(one.at)
    except ValueError:
        hint = "a moment such as 2026-11-21T10:00:00Z"
        raise DataError(f"'{one.at}' is no moment", hint) from None


def _one_of(names: Sequence[str]) -> str | None:
    return f"one of {', '.join(names)}" if names else None


def correctable(fields: Fields) -> list[str]:
    """Fields that a person can give a value."""
    return [*(n for n, field in fields.items() if field.type == "text"), *metadata_fields(fields)]


def emptied(fields: Fields) -> list[str]:
    """Fields that a pair can do without, so that a wrong value can be taken out of them."""
    texts = (n for n, field in fields.items() if field.type == "text" and field.optional)
    return [*texts, *metadata_fields(fields)]


def _lacks(name: str, fields: Fields) -> str:
    if name not in fields:
        return "is no field"
    required = fields[name].type == "text"
    return "is required" if required else f"is of type {fields[name].type}"


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no value")


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def wrong(path: Path, line: int, what: str, hint: str | None = None) -> DataError:
    """An error in a line of a file."""
    return DataError(f"{path}, line {line}: {what}", hint)
