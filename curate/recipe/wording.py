"""What the validator found wrong, in the words of someone who writes recipes.

A validation error names types and code; a person needs the key, what should stand there and what
stands there now. Where several shapes are allowed and none fits, the shape that was nearly right
is explained, or all of them in one sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from curate.recipe.complaint import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from curate.recipe.document import Keys
    from curate.recipe.shape import Shape

_LONGEST = 40
_LIST = "a list"
_MAPPING = "a mapping of keys to values"
_WANTED = {
    "a whole number": "int_type int_parsing int_from_float int_parsing_size",
    "a number": "float_type float_parsing decimal_type decimal_parsing",
    "a finite number": "finite_number",
    "true or false": "bool_type bool_parsing",
    "text": "string_type",
    _LIST: "list_type tuple_type set_type frozen_set_type iterable_type",
    _MAPPING: "model_type model_attributes_type dict_type mapping_type dataclass_type",
    "nothing": "none_required",
}
_NOUN = {kind: noun for noun, kinds in _WANTED.items() for kind in kinds.split()}
_LIMIT = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
    "multiple_of": ("a multiple of", "multiple_of"),
}
_CHOICE = {"literal_error", "enum"}


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """One thing wrong with a value; `path` leads from the value to the place."""

    path: Keys
    message: str
    expected: str | None = None
    candidates: tuple[str, ...] = ()
    written: str | None = None
    at_key: bool = False
    hint: str | None = None


@dataclass(frozen=True)
class _Found:
    """An error and the part of its location that the recipe has too."""

    error: ErrorDetails
    path: Keys
    fork: Keys | None = None
    """Where several shapes are allowed, if the error belongs to one of them."""
    shape: str = ""
    """Which of those shapes this error is about."""

    @property
    def kind(self) -> str:
        return self.error["type"]

    @property
    def context(self) -> Mapping[str, Any]:
        return self.error.get("ctx", {})

    @property
    def refuses_shape(self) -> bool:
        """Whether the value is not of this shape at all, rather than wrong inside it."""
        return self.path == self.fork and (self.kind in _NOUN or self.kind in _CHOICE)


def wrongs(error: ValidationError, value: Any, label: str, shape: Shape) -> Iterator[Wrong]:
    """What is wrong with `value`, which stands behind `label`."""
    words = _Words(label, shape)
    found = [_locate(one, value) for one in error.errors(include_url=False)]
    for fork, group in groupby(found, key=lambda one: one.fork):
        for chosen in _choose(list(group)) if fork is not None else [[one] for one in group]:
            yield words.of(chosen)


def _locate(error: ErrorDetails, value: Any) -> _Found:
    path: Keys = ()
    for index, key in enumerate(error["loc"]):
        if _has(value, key):
            path, value = (*path, key), value[key]
        elif index < len(error["loc"]) - 1 or error["type"] != "missing":
            return _beyond(error, value, path, index)
    return _Found(error, path)


def _beyond(error: ErrorDetails, value: Any, fork: Keys, index: int) -> _Found:
    """An error whose location goes on with the name of a shape, then perhaps with keys."""
    path, rest = fork, error["loc"][index + 1 :]
    for key in rest:
        if _has(value, key):
            path, value = (*path, key), value[key]
    return _Found(error, path, fork, str(error["loc"][index]))


def _has(value: Any, key: str | int) -> bool:
    if isinstance(value, dict):
        return key in value
    return isinstance(value, list) and isinstance(key, int) and key < len(value)


def _choose(group: list[_Found]) -> list[list[_Found]]:
    """Of the errors of several shapes those of the nearest, or all as one."""
    by_shape: dict[str, list[_Found]] = {}
    for one in group:
        by_shape.setdefault(one.shape, []).append(one)
    entered = [errors for errors in by_shape.values() if not errors[0].refuses_shape]
    if not entered:
        return [group]
    return [[one] for one in min(entered, key=len)]


class _Words:
    """Puts errors into sentences."""

    def __init__(self, label: str, shape: Shape) -> None:
        self._label = label
        self._shape = shape

    def of(self, found: Sequence[_Found]) -> Wrong:
        first = found[0]
        if len(found) > 1 or first.kind in _NOUN or first.kind in _CHOICE:
            return self._wrong_kind(found)
        if first.kind == "extra_forbidden":
            return self._unknown_key(first.path)
        if first.kind == "missing":
            return self._missing(first)
        if first.kind in _LIMIT:
            return self._out_of_range(first)
        if first.kind == "string_pattern_mismatch":
            return self._wrong_form(first)
        return Wrong(path=first.path, message=self._other(first))

    def _wrong_kind(self, found: Sequence[_Found]) -> Wrong:
        path, value = found[0].path, found[0].error["input"]
        choices = tuple(dict.fromkeys(name for one in found for name in _choices(one)))
        nouns = list(dict.fromkeys(_NOUN[one.kind] for one in found if one.kind in _NOUN))
        wanted = "cannot be" if choices else f"must be {' or '.join(nouns)}, not"
        both = f"one of: {', '.join(choices)}; or {' or '.join(nouns)}"
        return Wrong(
            path=path,
            message=f"{self._name(path)} {wanted} {describe(value)}",
            expected=both if choices and nouns else None,
            candidates=choices,
            written=value if isinstance(value, str) else None,
            hint=braces_hint(value) or self._shape_hint(found[0], value),
        )

    def _shape_hint(self, found: _Found, value: Any) -> str | None:
        """How to write what was wanted, where that takes more than another word."""
        wanted, keys = _NOUN.get(found.kind), self._shape.keys(found.path)
        if wanted == _LIST and isinstance(value, str | int | float):
            return f"write it as a list: [{value}]"
        if wanted == "text" and isinstance(value, int | float):
            return f'write it in quotes: "{describe(value)}"'
        return f"its keys: {', '.join(keys)}" if wanted == _MAPPING and keys else None

    def _unknown_key(self, path: Keys) -> Wrong:
        key = str(path[-1])
        return Wrong(
            path=path,
            message=f"unknown key '{key}' in {self._name(path[:-1])}",
            candidates=self._shape.keys(path[:-1]),
            written=key,
            at_key=True,
        )

    def _missing(self, found: _Found) -> Wrong:
        """A key that is missing; if one was mistyped, that one is the unknown key."""
        missing = found.error["loc"][-1]
        if isinstance(missing, int):
            message = f"item {missing + 1} of {self._name(found.path)} is missing"
            return Wrong(path=found.path, message=message)
        known = self._shape.keys(found.path)
        inside = found.error["input"]
        strangers = [key for key in inside if key not in known] if isinstance(inside, dict) else []
        mistyped = nearest(missing, strangers)
        if mistyped and nearest(mistyped, known) == missing:
            return self._unknown_key((*found.path, mistyped))
        message = f"'{missing}' is missing in {self._name(found.path)}"
        purpose = self._shape.describe((*found.path, missing))
        hint = f"'{missing}': {purpose}" if purpose else None
        return Wrong(path=found.path, message=message, at_key=True, hint=hint)

    def _out_of_range(self, found: _Found) -> Wrong:
        words, key = _LIMIT[found.kind]
        message = f"{self._name(found.path)} must be {words} {found.context[key]:.12g}"
        return Wrong(path=found.path, message=f"{message}, not {describe(found.error['input'])}")

    def _wrong_form(self, found: _Found) -> Wrong:
        message = f"{self._name(found.path)} cannot be {describe(found.error['input'])}"
        expected = f"text that matches {found.context['pattern']}"
        return Wrong(path=found.path, message=message, expected=expected)

    def _other(self, found: _Found) -> str:
        name = self._name(found.path)
        if found.kind in {"too_short", "too_long"}:
            return f"{name} must have {_length(found, 'entry', 'entries')}"
        if found.kind in {"string_too_short", "string_too_long"}:
            return f"{name} must have {_length(found, 'character', 'characters')}"
        said = re.sub(r"^(Value error|Assertion failed), ", "", found.error["msg"])
        said = said.replace("Input should be", "must be")
        return said if re.search(r"'\w", said) else f"{name}: {said}"

    def _name(self, path: Keys) -> str:
        """How a place is called: by its key, or by its number in a list with a key."""
        if not path:
            return self._label
        if isinstance(path[-1], str):
            return f"'{path[-1]}'"
        return f"item {path[-1] + 1} of {self._name(path[:-1])}"


def describe(value: Any) -> str:
    """What stands in the recipe, in words."""
    if isinstance(value, str):
        shown = value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…"
        return f"the text '{shown}'" if value else "an empty text"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return "a list" if isinstance(value, list) else "a mapping"


def braces_hint(value: Any) -> str | None:
    """Unquoted, `{stem}` is a mapping to YAML; say so where text was wanted."""
    if isinstance(value, dict) and len(value) == 1 and None in value.values():
        return f'if a pattern is meant, put it in quotes: "{{{next(iter(value))}}}"'
    return None


def _choices(found: _Found) -> tuple[str, ...]:
    if found.kind not in _CHOICE:
        return ()
    offered = re.findall(r"'([^']*)'|([^\s,]+)", str(found.context.get("expected", "")))
    return tuple(text or word for text, word in offered if word != "or")


def _length(found: _Found, one: str, many: str) -> str:
    context = found.context
    bound = "at least" if "min_length" in context else "at most"
    length = context.get("min_length", context.get("max_length"))
    return f"{bound} {length} {one if length == 1 else many}"
