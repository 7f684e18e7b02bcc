"""What a fit is: a pure function of a sorted table, learned rather than measured.

Fits run where decisions run, in float64 with fixed seeds, and are cached by their declaration
and the digest of the table they saw.

    factory(fit: Fit) -> Callable[[polars.DataFrame], polars.DataFrame]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A declaration; equal declarations on equal tables give equal results."""

    name: str
    version: int
    compute: str
    """`package.module:factory`."""
    params: Mapping[str, Any] = field(default_factory=dict)
    libraries: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """What changes the result, as JSON."""
        from importlib import metadata

        return {
            "name": self.name,
            "version": self.version,
            "params": dict(self.params),
            "libraries": {name: metadata.version(name) for name in self.libraries},
        }
