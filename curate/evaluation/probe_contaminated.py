"""Copies of held-out pairs planted among all: do any end up in another split?"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from curate.evaluation.probe import Planted, Planting, Ran, Share, share
from curate.evaluation.probe_canaries import texts
from curate.evaluation.probe_personal import with_texts
from curate.evaluation.probe_places import as_png, pictures, with_pictures
from curate.pairs.identity import short_hash

if TYPE_CHECKING:
    from curate.evaluation.evaluation import Scene

QUALITY = 80
"""Of the JPEG that a copied picture is saved as."""


class Contaminated(Planting):
    """New pairs whose pictures are JPEGs of held-out ones, with the same captions and a full stop."""

    word: ClassVar[str] = "contaminated"
    question: ClassVar[str] = "Are copies of held-out pairs kept out of the other splits?"
    note: ClassVar[str | None] = "caught: the copy is dropped, or in the split of what it copies"

    def unable(self, scene: Scene) -> str | None:
        if not any(step.word == "split" for step in scene.steps):
            return "no step splits the pairs"
        return None if pictures(scene) or texts(scene) else "no field is an image or a text"

    def able(self, kept: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        held = scene.living.filter(pl.col("split") != "train")["pair_id"]
        return kept.filter(pl.col("pair_id").is_in(held.implode()))

    def plant(self, drawn: pl.DataFrame, scene: Scene) -> Planted:
        copies = drawn.with_columns(
            pl.Series("pair_id", [short_hash({"copy": one}) for one in drawn["pair_id"]]),
            position=pl.col("position") + 2**40,
        )
        for name in pictures(scene)[:1]:
            files = [_saved_again(data) for data in as_png(drawn, name, scene)]
            copies = with_pictures(copies, name, files, scene)
        for name in texts(scene)[:1]:
            copies = with_texts(copies, name, [f"{text}." for text in drawn[name]], scene)
        told = pl.DataFrame({"pair_id": drawn["pair_id"], "copy": copies["pair_id"]})
        return Planted(drawn, added=copies, told=told)

    def shares(self, planted: Planted, ran: Ran) -> list[Share]:
        assert planted.told is not None
        split = ran.planted.living.select("pair_id", "split")
        there = planted.told.join(split, on="pair_id", how="left", maintain_order="left")
        copied = split.rename({"pair_id": "copy", "split": "of_copy"})
        both = there.join(copied, on="copy", how="left", maintain_order="left")
        apart = (both["split"] != both["of_copy"]).fill_null(value=False)
        return share("caught", ~apart)


def _saved_again(data: bytes) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        image.convert("RGB").save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
