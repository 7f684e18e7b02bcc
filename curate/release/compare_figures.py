"""Numbers that differ in the documents of two releases: evaluation, energy, facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from curate.governance.energy import FILE as ENERGY
from curate.governance.energy import Energy, in_words
from curate.governance.facts import FILE as FACTS
from curate.release.comparison import Figure
from curate.release.evidence import EVALUATION

if TYPE_CHECKING:
    from curate.release.compare_side import Side

DOCUMENTS = (EVALUATION, ENERGY, FACTS)
_TOLD = ("quality", "evaluation", "energy")
"""Of the facts, what the other documents say in more detail."""
_ENDS = {"value", "low", "high"}
_STATEMENT = {"value", "status", "evidence"}


def figures(a: Side, b: Side) -> Iterator[Figure]:
    """In the order in which B's documents give them."""
    for name in DOCUMENTS:
        then, now = (dict(_numbers(_plain(side.document(name), name), "")) for side in (a, b))
        if not then or not now:
            continue
        for path in dict.fromkeys([*now, *then]):
            one, other = then.get(path), now.get(path)
            if _value(one) != _value(other):
                yield Figure(
                    document=name,
                    path=path,
                    then=_value(one),
                    now=_value(other),
                    apart=_apart(one, other),
                )


def findings(a: Side, b: Side) -> dict[str, dict[str, str | None]]:
    """Evaluation -> what it found, in a line, then and now."""
    then, now = ({**_headlines(side.document(EVALUATION))} for side in (a, b))
    return {
        name: {"then": then.get(name), "now": now.get(name)}
        for name in dict.fromkeys([*now, *then])
    }


def energy(a: Side, b: Side) -> dict[str, str | None]:
    """What each build took, in a line, `then` and `now`."""
    return {"then": _energy(a), "now": _energy(b)}


def _energy(side: Side) -> str | None:
    found = side.document(ENERGY)
    return None if found is None else in_words(Energy.model_validate(found))


def lacking(a: Side, b: Side) -> Iterator[str]:
    """Documents that one of the two has not, or not as this version reads them."""
    yield from (why for name in DOCUMENTS for side in (a, b) if (why := side.lacks(name)))


def _plain(document: Any, name: str) -> Any:
    """A document with names for what it lists, and without what another says."""
    if name == FACTS and document is not None:
        return {key: part for key, part in document.items() if key not in _TOLD}
    return _named(document)


def _headlines(document: Any) -> dict[str, str]:
    return {key: one["headline"] for key, one in (_named(document) or {}).items()}


def _named(document: Any) -> Any:
    """Evaluations by their word, numbered where several have it."""
    if not isinstance(document, dict) or "evaluations" not in document:
        return document
    named: dict[str, Any] = {}
    for one in document["evaluations"]:
        named[_free(one["evaluation"], named)] = one
    return named


def _free(name: str, taken: Mapping[str, Any]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name} {number}"
    return found


def _numbers(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Numbers and values with intervals; long lists are curves, and no figures."""
    if isinstance(value, Mapping) and value.keys() >= _ENDS:
        yield path, value
    elif isinstance(value, Mapping) and value.keys() >= _STATEMENT:
        yield from _numbers(value["value"], path)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _numbers(part, f"{path}.{key}" if path else str(key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def _value(figure: Any) -> float | None:
    found: float | None = figure["value"] if isinstance(figure, Mapping) else figure
    return found


def _apart(one: Any, other: Any) -> bool | None:
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return None
    return bool(one["low"] > other["high"] or other["low"] > one["high"])
