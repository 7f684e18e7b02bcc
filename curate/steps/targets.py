"""Of which pairs new ones are made, in what order, and when there are enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from curate.pairs.draw import uniform
from curate.pairs.field import Fields
from curate.steps.learning import learned
from curate.steps.step import Objection

if TYPE_CHECKING:
    import polars as pl


class Targets(BaseModel):
    """Of which pairs, and how many at most.

    Only pairs that fits may learn from become parents, so that nothing made is in a test split.
    They are taken in an order drawn from their ids.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    at_most: float | None = Field(
        None, gt=0, lt=1, description="The share of all pairs that may be synthetic at most."
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        """What is wrong, with paths that begin at `targets`."""
        yield from ()

    def plan(self, collected: pl.DataFrame, source: str, each: int, seed: int) -> Plan:
        """What to make of these pairs, `each` of one at most, of those that hold a `source`."""
        import polars as pl

        drawn = uniform(collected["pair_id"], seed, "synthesize")
        there = pl.col(f"{source}_sha256").is_not_null()
        parents = collected.with_columns(drawn).filter(learned(collected) & there).sort("uniform")
        index = pl.lit(list(range(each)), pl.List(pl.Int64))
        rows = (
            parents.select("pair_id", index=index)
            .explode("index")
            .sort("index", maintain_order=True)
        )
        return Plan(rows.with_row_index("place"), self._quota(collected.height))

    def _quota(self, collected: int) -> int | None:
        if self.at_most is None:
            return None
        return int(self.at_most / (1 - self.at_most) * collected)


@dataclass(frozen=True)
class Plan:
    """Candidates in order: `pair_id` of the parent, `index` among its children, `place` in all."""

    candidates: pl.DataFrame
    quota: int | None
    """How many are to be taken at most; None for all."""

    def next(self, rounds: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """What to make after these rounds, of which each child has a `verdict`."""
        seen = sum(made.height for made in rounds)
        if self.quota is None:
            return self.candidates.slice(seen)
        taken = sum(int((made["verdict"] == "add").sum()) for made in rounds)
        return self.candidates.slice(seen, max(0, self.quota - taken))
