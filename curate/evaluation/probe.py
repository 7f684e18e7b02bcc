"""What a probe is: something planted in pairs that would be released, and what the recipe's steps do.

    probe.unable(scene)                   why there is nothing to probe, or None
    probe.able(kept, scene)               those of the kept pairs that can carry it
    probe.plant(drawn, scene)             the same rows as they are planted
    probe.shares(planted, scenes)         what became of them

Pairs are planted that stay in the release when nothing is: whatever happens to them is the
planting's doing, but for what the steps learn from one table and not from the other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from curate.evaluation.evaluation import Replayed, Scene


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Share(_Fact):
    """A share of `n` with its interval (Wilson 1927, 95 %)."""

    name: str
    value: float
    low: float
    high: float
    n: int


class Probe(_Fact):
    """What one probe found."""

    probe: str
    question: str
    status: Literal["measured", "not_applicable"]
    why: str | None = None
    """Why it does not apply."""
    shares: tuple[Share, ...] = ()
    """The first is the probe's figure; the others explain it."""
    note: str | None = None
    """How the figure is to be read."""


class Probed(_Fact):
    """All probes of a recipe, as `probes.json`."""

    format: Literal[1] = 1
    recipe: str
    version: str
    probes: tuple[Probe, ...]


@dataclass(frozen=True)
class Planted:
    """Rows that take the place of their pairs, rows besides, and what a probe has to remember."""

    rows: pl.DataFrame
    added: pl.DataFrame | None = None
    told: pl.DataFrame | None = None
    """`pair_id` and whatever else."""


@dataclass(frozen=True)
class Ran:
    """What the steps did with everything planted and, where a probe asked for it, once more with its
    `second` rows.
    """

    untouched: pl.Series
    """Ids of the pairs that stay when nothing is planted, and are not planted."""
    planted: Replayed
    again: Replayed | None = None


class Planting(ABC):
    """Base of the probes; the word is what a recipe and a table call it."""

    word: ClassVar[str]
    question: ClassVar[str]
    note: ClassVar[str | None] = None

    def unable(self, scene: Scene) -> str | None:
        """Why a recipe has nothing to probe."""
        return None

    @abstractmethod
    def able(self, kept: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Those of the kept pairs that can be planted."""

    @abstractmethod
    def plant(self, drawn: pl.DataFrame, scene: Scene) -> Planted:
        """The drawn pairs, planted."""

    def second(self, planted: Planted, scene: Scene) -> pl.DataFrame | None:
        """The planted rows changed once more, to be run beside."""
        return None

    @abstractmethod
    def shares(self, planted: Planted, ran: Ran) -> list[Share]:
        """What became of the planted pairs; the probe's figure first."""


def share(name: str, hits: pl.Series) -> list[Share]:
    """A share of truth values; nothing of none."""
    from curate.evaluation.interval import share_interval

    if not hits.len():
        return []
    found = share_interval(int(hits.sum()), hits.len())
    value, low, high = (float(found[key]) for key in ("value", "low", "high"))
    return [Share(name=name, value=value, low=low, high=high, n=hits.len())]


def stays(ids: pl.Series, ran: Replayed) -> pl.Series:
    """Whether each pair is still in."""
    return ids.is_in(ran.living["pair_id"].implode())
