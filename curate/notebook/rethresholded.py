"""What another threshold would change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from curate.ledger.rethreshold import Judgement, Rethresholded
from curate.notebook.answer import Answer, Block, Line, Table, Title

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, repr=False)
class Rethreshold(Answer):
    """A step with another threshold, all else as it was."""

    judged: Judgement
    found: Rethresholded

    @cached_property
    def moved(self) -> pl.DataFrame:
        """The pairs that it would move, nearest to it first: `pair_id`, `score`, the `threshold` that
        they were held against, and whether they `would` `leave` the release or come `back`.
        """
        return self.judged.moved(self.found.threshold)

    def blocks(self) -> Iterator[Block]:
        found = self.found
        yield Title(
            f"'{self.judged.name}' with its threshold at {found.threshold:g}{self._before()}"
        )
        rows = (
            (found.stay, "would pass the step"),
            (found.released, "of the release would stay in it"),
            (found.gone, "of the release would leave"),
            (found.back, "that left at this step would pass it"),
        )
        yield Table((), rows)
        yield Line(
            "What later steps would say of pairs that come back was not measured, nor what another "
            "fit or share of other pairs would change."
        )

    def _before(self) -> str:
        were = self.judged.thresholds
        if len(were) == 1:
            return f" instead of {were[0]:.6g}"
        return f" instead of {were[0]:.6g} to {were[-1]:.6g}, by group"
