"""Words of recipes and the classes behind them, built-in ones and those of other packages.

A package's code is imported when its word is asked for, so that a recipe which does not name it runs
none of it; going through all words asks for each.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint
from typing import Any, TypeVar

T = TypeVar("T")


class Words(Mapping[str, type[T]]):
    """Word -> class. A plugin that cannot be loaded warns, and its word is no word."""

    def __init__(
        self, noun: str, base: str, own: Mapping[str, str], plugins: Mapping[str, EntryPoint]
    ) -> None:
        self._noun, self._base = noun, base
        self._own, self._plugins = own, plugins
        self._loaded: dict[str, type[T] | None] = {}

    def __getitem__(self, word: str) -> type[T]:
        found = self._class(word)
        if found is None:
            raise KeyError(word)
        return found

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and (word in self._own or self._class(word) is not None)

    def __iter__(self) -> Iterator[str]:
        return (word for word in [*self._own, *self._plugins] if word in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _class(self, word: str) -> type[T] | None:
        if word not in self._loaded:
            if word in self._own:
                self._loaded[word] = _named(self._own[word])
            else:
                self._loaded[word] = self._of_plugin(word)
        return self._loaded[word]

    def _of_plugin(self, word: str) -> type[T] | None:
        if word not in self._plugins:
            return None
        point = self._plugins[word]
        told = f"the {self._noun} '{word}' of {owner(point)} is"
        try:
            loaded = point.load()
        except Exception as error:  # a plugin may fail in any way; the others still work
            warnings.warn(f"{told} broken: {error}", stacklevel=4)
            return None
        if isinstance(loaded, type) and issubclass(loaded, _named(self._base)):
            found: type[T] = loaded
            return found
        warnings.warn(f"{told} no {self._base.rpartition(':')[2]} class", stacklevel=4)
        return None


def owner(point: EntryPoint) -> str:
    """The package that an entry point is of."""
    return point.dist.name if point.dist else point.value


def _named(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)
