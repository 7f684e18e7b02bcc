"""Words that stand nowhere else, planted in texts: how many reach the release?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import polars as pl

from curate.evaluation.probe import Planted, Planting, Ran, Share, share
from curate.evaluation.probe_personal import still_told, with_texts
from curate.pairs.identity import content_hash

if TYPE_CHECKING:
    from curate.evaluation.evaluation import Scene


class Canaries(Planting):
    """A word of its own at the end of each text (Carlini et al. 2019, The Secret Sharer)."""

    word: ClassVar[str] = "canaries"
    question: ClassVar[str] = "Do strings that stand nowhere else reach the release?"
    note: ClassVar[str | None] = (
        "released: no step minded; a model trained on the release may learn such strings by heart"
    )

    def unable(self, scene: Scene) -> str | None:
        return None if texts(scene) else "no field is a text"

    def able(self, kept: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        return kept.filter(pl.col(texts(scene)[0]).is_not_null())

    def plant(self, drawn: pl.DataFrame, scene: Scene) -> Planted:
        name = texts(scene)[0]
        words = [f"canary-{content_hash(pair_id)[:16]}" for pair_id in drawn["pair_id"]]
        written = [f"{text} {word}" for text, word in zip(drawn[name], words, strict=True)]
        told = drawn.select("pair_id", field=pl.lit(name)).with_columns(pl.Series("secret", words))
        return Planted(with_texts(drawn, name, written, scene), told=told)

    def shares(self, planted: Planted, ran: Ran) -> list[Share]:
        assert planted.told is not None
        return share("released", still_told(planted.told, ran))


def texts(scene: Scene) -> list[str]:
    """Names of the text fields."""
    return [name for name, field in scene.ask.fields.items() if field.type == "text"]
