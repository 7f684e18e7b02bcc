"""The words a recipe may use: one class or more per source, step and evaluation.

The tables live with the classes and take plugins; they are asked for only when a recipe is read,
so that importing this room costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from curate.evaluation.evaluation import Evaluation
    from curate.pairs.field import Fields
    from curate.sources.source import Source
    from curate.steps.step import Objection, Step


class Part(Protocol):
    """What a source and a step have in common: an item of a recipe with a word of its own."""

    word: ClassVar[str]
    summary: ClassVar[str]
    examples: ClassVar[tuple[str, ...]]
    leads: ClassVar[str]

    @property
    def extras(self) -> tuple[str, ...]: ...

    def check(self, fields: Fields) -> Iterator[Objection]: ...

    @classmethod
    def shapes(cls) -> tuple[type[Self], ...]:
        """The classes that share the word, told apart by what they lead with."""

    @classmethod
    def parse(cls, value: Any) -> Self: ...

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Vocabulary:
    """Word -> class, of sources, of steps and of evaluations."""

    sources: Mapping[str, type[Source]]
    steps: Mapping[str, type[Step]]
    evaluations: Mapping[str, type[Evaluation]]


def vocabulary() -> Vocabulary:
    """Every source, step and evaluation there is, plugins included."""
    from curate import evaluation, sources, steps

    return Vocabulary(sources.registry(), steps.registry(), evaluation.registry())
