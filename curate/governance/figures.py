"""The figures of `evaluation.json`, each with a name of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curate.governance.statement import Statement, measured

_TOLD = ("evaluation", "headline")
_NAMES = ("probe", "name")
"""Keys that an item of a list is called by."""


def figures(evaluation: Mapping[str, Any] | None) -> Iterator[tuple[str, Statement[float]]]:
    """`retrieval.image_to_caption.recall@10`, `probes.personal.caught` and its value. A figure with an interval is one figure;
    evaluations that share a word are numbered from the second on.
    """
    times: dict[str, int] = {}
    for one in (evaluation or {}).get("evaluations", ()):
        word = one["evaluation"]
        times[word] = times.get(word, 0) + 1
        name = word if times[word] == 1 else f"{word}-{times[word]}"
        rest = {key: value for key, value in one.items() if key not in _TOLD}
        for path, value in _numbers(rest, ()):
            yield ".".join((name, *path)), measured(value, "evaluation.json")


def _numbers(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        yield path, value
    elif isinstance(value, Mapping):
        if isinstance(value.get("value"), int | float):
            yield path, value["value"]
        else:
            for key, part in value.items():
                yield from _numbers(part, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from _numbers(part, (*path[:-1], *_called(part, path, number)))


def _called(part: Any, path: tuple[str, ...], number: int) -> tuple[str, ...]:
    """What an item of a list is called: by the way it goes, by its name, or by its place."""
    if isinstance(part, Mapping) and {"from", "to"} <= part.keys():
        return (f"{part['from']}_to_{part['to']}".replace(" + ", "+"),)
    for key in _NAMES:
        if isinstance(part, Mapping) and isinstance(part.get(key), str):
            return (part[key],)
    return (*path[-1:], str(number))
