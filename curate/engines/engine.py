"""What an engine is: it runs measures over contents in batches, and knows nothing else.

An engine may group, order and distribute as it likes; a value never depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import polars as pl

from curate.measures.measure import Measure
from curate.pairs.span import Span


@dataclass(frozen=True)
class Text:
    """A text content, carried along."""

    value: str


@dataclass(frozen=True)
class Media:
    """A media content, read from where it lies when a measure needs it."""

    modality: str
    path: str
    member: str | None
    sha256: str
    """Of all bytes, also where only a span of them is meant."""
    span: Span | None = None


Content: TypeAlias = Text | Media


@dataclass(frozen=True)
class Item:
    """One thing to measure: a content, or an ordered pair of contents."""

    key: str
    contents: tuple[Content, ...]


@dataclass(frozen=True)
class Kept:
    """Values as they stand in the store, and what they took."""

    values: pl.DataFrame
    seconds: float
    """Of one worker."""


class Keeper(Protocol):
    """Puts a measure's values into the store, from whatever process holds it. Under a name they are
    there whole or not at all, and once however often they are put. What is passing is returned and
    not put.
    """

    def find(self, name: str) -> Kept | None: ...

    def keep(self, values: pl.DataFrame, seconds: float, name: str) -> pl.DataFrame: ...


@dataclass(frozen=True)
class Room:
    """What one worker takes up, for an engine that has to know."""

    cpus: float = 1.0
    gpus: float = 0.0


@dataclass(frozen=True)
class Task:
    """A measure, the local folders of its models, and the keys that lack its value."""

    measure: Measure
    models: Mapping[str, Path]
    missing: frozenset[str]
    keeper: Keeper | None = None
    """For an engine whose workers put values away themselves."""
    room: Room = Room()


@dataclass(frozen=True)
class Batch:
    """Values of one task: `key`, `error` and the measure's columns."""

    task: Task
    values: pl.DataFrame
    seconds: float
    """Of one worker, reading and decoding included."""
    kept: str | None = None
    """The name under which a worker has put them away already; they are as they stand there."""
    loading: float = 0.0
    """Of the seconds, those until the models were there."""


Stop: TypeAlias = Callable[[], bool]
"""Whether nothing more may be begun; once it has said so it does not say otherwise. It may be called
from any thread, and for an engine that has other processes it can be sent there."""


def never() -> bool:
    """A stop that never comes."""
    return False


class Engine(Protocol):
    """Runs tasks that share their items; batches arrive in any order, each key once a task. Once it
    is told to stop, what is begun is finished and handed over, and nothing else is.
    """

    def run(
        self, items: Iterable[Item], tasks: Sequence[Task], stop: Stop = never
    ) -> Iterator[Batch]: ...
