"""What an evaluation is: a figure about a release, made by the recipe's own steps and fits.

    evaluation.measure(scene) -> dict      plain values for `evaluation.json`

The scene holds the pairs as they were read, the pairs that stay, something to ask, and a way to
run the recipe's steps over another table. No evaluation changes a release; nothing in what it
returns depends on time, place or chance that cannot be repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from pydantic import BaseModel, ConfigDict

from curate.steps.step import Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.pairs.field import Fields
    from curate.steps.score import Score
    from curate.steps.step import Ask, Step


@dataclass(frozen=True)
class Replayed:
    """What the recipe's steps made of a table."""

    living: pl.DataFrame
    decisions: pl.DataFrame
    """The ledger; see `curate.ledger.verdict`."""
    made: pl.DataFrame
    """What machines made, as in `Scene`."""


class Scene(Protocol):
    """What evaluations see of a build."""

    @property
    def ask(self) -> Ask: ...

    @property
    def steps(self) -> Sequence[Step]: ...

    @property
    def sound(self) -> pl.DataFrame:
        """The pairs before the first step that decides: whole, and nothing wrong with them."""

    @property
    def living(self) -> pl.DataFrame:
        """The pairs that stay, with the scores that steps gave."""

    @property
    def every(self) -> pl.DataFrame:
        """Every pair ever seen or made, in or out."""

    @property
    def decisions(self) -> pl.DataFrame:
        """The ledger; see `curate.ledger.verdict`."""

    @property
    def made(self) -> pl.DataFrame:
        """What machines made: `step`, `name` and the columns of `curate.ledger.made.MADE`."""

    def over(self, table: pl.DataFrame) -> Ask:
        """The same values, with copies looked for among these pairs, also those that left."""

    def lend(self, files: Sequence[bytes], modality: str) -> pl.DataFrame:
        """Files for pairs of a table to be replayed, which lie in no source: `sha256`, `path`."""

    def replay(self, table: pl.DataFrame, until: Step | None = None) -> Replayed:
        """Run the recipe's steps over pairs such as `sound`, `until` one of them or all; what is
        measured is not measured again, and nothing is written.
        """


class Evaluation(BaseModel):
    """Base of every evaluation; a subclass is a frozen pydantic model of its settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    word: ClassVar[str]
    summary: ClassVar[str]
    examples: ClassVar[tuple[str, ...]] = ()
    leads: ClassVar[str] = ""

    @property
    def extras(self) -> tuple[str, ...]:
        """What the steps that it stands on need, is asked for by them."""
        return ()

    @property
    def takes(self) -> tuple[str, ...]:
        """Names of the scores that steps must give."""
        return ()

    @property
    def fills(self) -> tuple[str, ...]:
        """Names of the fields that labels of a step must fill."""
        return ()

    def check(self, fields: Fields) -> Iterator[Objection]:
        """What is wrong with these settings for these fields."""
        yield from ()

    def measure(self, scene: Scene) -> dict[str, Any]:
        raise NotImplementedError

    def headline(self, found: dict[str, Any]) -> str:
        """The finding in one line, for people."""
        raise NotImplementedError

    @classmethod
    def shapes(cls) -> tuple[type[Self], ...]:
        return (cls,)

    @classmethod
    def parse(cls, value: Any) -> Self:
        """Validate what stands behind the evaluation's word in a recipe."""
        return cls.model_validate(value)


def scored_by(steps: Sequence[Step], name: str) -> Score:
    """The step that gives a score."""
    from curate.steps.score import Score

    return next(step for step in steps if isinstance(step, Score) and step.name == name)
