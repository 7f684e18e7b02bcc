"""What a build tells whoever watches it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives what happens, as it happens; draws, logs or ignores it."""

    def step(self, name: str, pairs: int) -> None:
        """A step begins, with so many pairs alive."""

    def measure(self, name: str, total: int) -> None:
        """So many contents are about to be measured."""

    def advance(self, name: str, done: int) -> None:
        """So many more have been."""

    def warn(self, kind: str, message: str) -> None:
        """Something a person may want to know; the kind is for counting."""


class Silence:
    """Watches nothing."""

    def step(self, name: str, pairs: int) -> None: ...

    def measure(self, name: str, total: int) -> None: ...

    def advance(self, name: str, done: int) -> None: ...

    def warn(self, kind: str, message: str) -> None: ...
