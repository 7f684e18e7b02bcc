"""The engines by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias

from curate.engines.local import LocalEngine

if TYPE_CHECKING:
    from curate.engines.engine import Engine

EngineName: TypeAlias = Literal["local", "ray"]


@contextmanager
def engine_of(
    name: EngineName, workers: int, batch_size: int | None, address: str | None
) -> Iterator[Engine]:
    """An engine for as long as it is needed."""
    if name == "local":
        yield LocalEngine(workers, batch_size)
        return
    from curate.engines.ray import RayEngine

    engine = RayEngine(workers, batch_size, address)
    try:
        yield engine
    finally:
        engine.close()
