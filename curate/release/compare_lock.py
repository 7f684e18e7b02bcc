"""What two locks say differently. Lists of the recipe are laid beside each other by what they say, not
by their numbers: a step that was put in front does not make all others differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from curate.pairs.identity import canonical_json


class Differing(NamedTuple):
    """An entry; its `path` numbers lists as the newer lock does, or the older where only that has it."""

    path: str
    then: Any
    now: Any


def lock_changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Differing]:
    """All entries that differ; those of the recipe first, since they are what people decide."""
    found = list(_changes(_plain(then), _plain(now), ""))
    return sorted(found, key=lambda one: (not one.path.startswith("recipe."), one.path))


def concerns(change: Differing, name: str, now: Mapping[str, Any], then: Mapping[str, Any]) -> bool:
    """Whether an entry belongs to the step that the ledger calls `name`: its word and what leads it."""
    place = change.path.removeprefix("recipe.steps[")
    if place == change.path:
        return False
    number = int(place.partition("]")[0])
    return any(
        _is_called(lock["recipe"]["steps"][number], name)
        for lock in (now, then)
        if number < len(lock["recipe"]["steps"])
    )


def _plain(lock: Mapping[str, Any]) -> Any:
    """As YAML gives it back: without tuples."""
    return json.loads(canonical_json(lock))


def _is_called(step: Mapping[str, Any], name: str) -> bool:
    word, *rest = name.split()
    said = canonical_json(step)
    return word in step and all(f'"{each}"' in said for each in rest)


def _changes(then: Any, now: Any, path: str) -> Iterator[Differing]:
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys([*now, *then]):
            inner = f"{path}.{key}" if path else str(key)
            yield from _changes(then.get(key), now.get(key), inner)
    elif isinstance(then, list) and isinstance(now, list):
        for number, one, other in _beside(then, now):
            yield from _changes(one, other, f"{path}[{number}]")
    elif then != now:
        yield Differing(path, then, now)


def _beside(then: list[Any], now: list[Any]) -> Iterator[tuple[int, Any, Any]]:
    """Equal members, then those of one kind in order, then what is left: number, then, now."""
    olds = list(enumerate(then))
    rest = []
    for number, value in enumerate(now):
        if not _take(olds, lambda old, value=value: old == value):
            rest.append((number, value))
    for number, value in rest:
        old = _take(olds, lambda old, value=value: _kind(old) == _kind(value))
        yield number, old[0][1] if old else None, value
    yield from ((number, value, None) for number, value in olds)


def _take(olds: list[tuple[int, Any]], fits: Any) -> list[tuple[int, Any]]:
    """The first that fits, taken out of the list."""
    found = next((old for old in olds if fits(old[1])), None)
    if found is None:
        return []
    olds.remove(found)
    return [found]


def _kind(value: Any) -> Any:
    """Steps are of a kind by their word, measures and fits by their name."""
    if isinstance(value, Mapping):
        return value.get("name") or next(iter(value), None)
    return type(value).__name__
