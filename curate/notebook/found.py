"""What lies nearest to a text or a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from curate.notebook.answer import Answer, Block, Cards, Title
from curate.notebook.gallery import card
from curate.report.content import Shown


@dataclass(frozen=True, repr=False)
class Found(Answer):
    """The nearest pairs, best first."""

    asked: str
    frame: pl.DataFrame
    """`score`, `pair_id`, `split`, texts and metadata, as `curate.search` gives them."""
    shown: Mapping[str, Shown]
    """The same pairs by id, to look at."""

    def blocks(self) -> Iterator[Block]:
        yield Title(f"nearest to '{self.asked}'")
        rows = self.frame.select("pair_id", "score").iter_rows()
        yield Cards(tuple(card(self.shown[i], f"score {score:.3f}") for i, score in rows))
