"""Which keys may stand where, read from a model's JSON Schema.

The validator says that a key is unknown but not which ones are known; the schema does. It is
made only when there is something to complain about.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from curate.recipe.document import Keys


@dataclass(frozen=True)
class Shape:
    """The shape of a value, as far as its schema tells."""

    make: Callable[[], dict[str, Any]]

    @cached_property
    def _schema(self) -> dict[str, Any]:
        return self.make()

    def keys(self, path: Keys) -> tuple[str, ...]:
        """The keys that may stand in the mapping at a path, in any of its allowed shapes."""
        known = (key for node in self._at(path) for key in node.get("properties", ()))
        return tuple(dict.fromkeys(known))

    def describe(self, path: Keys) -> str | None:
        """What the value at a path is for."""
        told = (node["description"] for node in self._at(path) if "description" in node)
        return next(told, None)

    def _at(self, path: Keys) -> list[dict[str, Any]]:
        nodes = list(self._alternatives(self._schema))
        for key in path:
            below = [inner for node in nodes for inner in _below(node, key)]
            nodes = [shape for inner in below for shape in self._alternatives(inner)]
        return nodes

    def _alternatives(self, node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield node
        if "$ref" in node:
            name = node["$ref"].rpartition("/")[2]
            yield from self._alternatives(self._schema.get("$defs", {}).get(name, {}))
        for word in ("anyOf", "oneOf", "allOf"):
            for inner in node.get(word, ()):
                yield from self._alternatives(inner)


def _below(node: dict[str, Any], key: str | int) -> Iterator[dict[str, Any]]:
    """The schemas of what stands behind a key or at a place in a list."""
    if isinstance(key, int):
        places = node.get("prefixItems", ())
        inner = places[key] if key < len(places) else node.get("items")
    else:
        inner = node.get("properties", {}).get(key, node.get("additionalProperties"))
    if isinstance(inner, dict):
        yield inner
