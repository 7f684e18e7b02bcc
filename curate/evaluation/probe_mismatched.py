"""Texts that went round among pairs: are pairs dropped that do not belong together?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import polars as pl

from curate.evaluation.probe import Planted, Planting, Ran, Share, share, stays
from curate.evaluation.probe_canaries import texts

if TYPE_CHECKING:
    from curate.evaluation.evaluation import Scene


class Mismatched(Planting):
    """What stands in a text field goes round, never to a pair that says something alike."""

    word: ClassVar[str] = "mismatched"
    question: ClassVar[str] = "Are pairs dropped whose texts were swapped?"
    note: ClassVar[str | None] = "caught: dropped by any step"

    def unable(self, scene: Scene) -> str | None:
        if not any(step.word == "align" for step in scene.steps):
            return "no step scores how well the parts of a pair belong together"
        return None if texts(scene) else "no field is a text"

    def able(self, kept: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        return kept.filter(pl.col(texts(scene)[0]).is_not_null())

    def plant(self, drawn: pl.DataFrame, scene: Scene) -> Planted:
        from curate.evaluation.planting import plant

        moved, ids = plant(drawn, texts(scene)[0], "text", 1.0, 0)
        return Planted(moved, told=ids.to_frame("pair_id"))

    def shares(self, planted: Planted, ran: Ran) -> list[Share]:
        assert planted.told is not None
        return share("caught", ~stays(planted.told["pair_id"], ran.planted))
