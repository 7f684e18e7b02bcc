"""Environment variables in a recipe: only as `${NAME}`, only where a path stands.

A path stands behind the key `path` of a source and in a model reference that begins with `file:`.
Everywhere else `${...}` is text like any other, so that a recipe means the same on every machine. A
model reference keeps its variables as they are written (`curate.models.reference` replaces them), since
it is told in the lock.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curate.pairs.variable import OPENING, expanded, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from curate.recipe.document import Keys

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Unknown:
    """A `${...}` that stands for nothing: where it is and why."""

    keys: Keys
    written: str
    message: str
    hint: str


def expand_source(value: Any) -> tuple[Any, list[Unknown]]:
    """A source's settings with variables in its `path` replaced."""
    return _expand(value, lambda keys, _: keys == ("path",))


def expand_step(value: Any) -> tuple[Any, list[Unknown]]:
    """A step's settings as they are; what is wrong with the variables in its model references."""
    return value, _expand(value, lambda _, text: text.startswith("file:"))[1]


def _expand(value: Any, is_path: Callable[[Keys, str], bool]) -> tuple[Any, list[Unknown]]:
    unknown: list[Unknown] = []

    def walk(inner: Any, keys: Keys) -> Any:
        if isinstance(inner, dict):
            return {key: walk(item, (*keys, key)) for key, item in inner.items()}
        if isinstance(inner, list):
            return [walk(item, (*keys, index)) for index, item in enumerate(inner)]
        if not isinstance(inner, str) or not is_path(keys, inner):
            return inner
        unknown.extend(_unknown(inner, keys))
        return expanded(inner)

    return walk(value, ()), unknown


def _unknown(text: str, keys: Keys) -> Iterator[Unknown]:
    for found in OPENING.finditer(text):
        name, closed = found.groups()
        if not closed or not _NAME.fullmatch(name):
            hint = "write ${NAME} with letters, digits and '_'"
            message = f"'{found[0]}' does not name an environment variable"
            yield Unknown(keys, found[0], message, hint)
        elif name not in os.environ:
            hint = f"set it first: export {name}=..."
            yield Unknown(keys, found[0], f"the environment variable {name} is not set", hint)
        elif value_of(name) is None:
            hint = "a variable stands only for an absolute path of what is there"
            message = f"the environment variable {name} holds no path of a folder or file"
            yield Unknown(keys, found[0], message, hint)
