"""What a build tells whoever watches it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from curate.run.amounts import time_in_words

_NAMES = 3
"""So many are told at once."""


@dataclass(frozen=True)
class Left:
    """What a build has before it."""

    seconds: float
    """Of all whose pace is known."""
    unknown: tuple[str, ...]
    """Measures and steps that never ran on this kind of machine, by name."""

    def after(self, seconds: float) -> Left:
        """The same, so much later."""
        return replace(self, seconds=max(0.0, self.seconds - seconds))

    def in_words(self) -> str:
        about = f"{time_in_words(self.seconds)} left"
        if not self.unknown:
            return f"about {about}"
        least = f"at least {about}; " if self.seconds >= 1 else ""
        return f"{least}not measured here yet: {_few(self.unknown)}"


class Progress(Protocol):
    """Receives what happens, as it happens; draws, logs or ignores it."""

    def step(self, name: str, pairs: int) -> None:
        """A step begins, with so many pairs alive."""

    def measure(self, name: str, total: int) -> None:
        """So many contents are about to be measured."""

    def advance(self, name: str, done: int) -> None:
        """So many more have been."""

    def left(self, left: Left) -> None:
        """What is left from this moment on; said again and again."""

    def warn(self, kind: str, message: str) -> None:
        """Something a person may want to know; the kind is for counting."""


def _few(names: Sequence[str]) -> str:
    more = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")


class Silence:
    """Watches nothing."""

    def step(self, name: str, pairs: int) -> None: ...

    def measure(self, name: str, total: int) -> None: ...

    def advance(self, name: str, done: int) -> None: ...

    def left(self, left: Left) -> None: ...

    def warn(self, kind: str, message: str) -> None: ...
