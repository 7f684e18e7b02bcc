"""Wrong captions painted into pictures: does a score of pictures and texts rise for it?

What reads pictures with texts may read what is written in them (Goh et al. 2021, Multimodal Neurons in
Artificial Neural Networks: typographic attacks).
"""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from curate.evaluation.probe import Planted, Ran, Share, share, stays
from curate.evaluation.probe_canaries import texts
from curate.evaluation.probe_mismatched import Mismatched
from curate.evaluation.probe_places import as_png, pictures, with_pictures

if TYPE_CHECKING:
    from curate.evaluation.evaluation import Scene

LETTERS = 24
"""Of a line; a line takes a tenth of the picture's height."""


class Painted(Mismatched):
    """Captions that went round, once as they are and once painted below the picture."""

    word: ClassVar[str] = "painted"
    question: ClassVar[str] = (
        "Does a wrong caption score better once it is painted into the picture?"
    )
    note: ClassVar[str | None] = (
        "rose: the mismatched pair scores higher with its caption painted in; by chance alone a half; "
        "kept plain and kept painted: how many of these pairs stay in either way"
    )

    def unable(self, scene: Scene) -> str | None:
        from curate.steps.score import Score

        kinds = {name: field.type for name, field in scene.ask.fields.items()}
        scored = [
            {kinds.get(name) for side in step.sides for name in side.fields}
            for step in scene.steps
            if isinstance(step, Score)
        ]
        if not any({"image", "text"} <= kind for kind in scored):
            return "no step scores pictures with texts"
        return super().unable(scene)

    def able(self, kept: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        there = pl.col(f"{pictures(scene)[0]}_sha256").is_not_null()
        return super().able(kept, scene).filter(there)

    def second(self, planted: Planted, scene: Scene) -> pl.DataFrame:
        name, text = pictures(scene)[0], texts(scene)[0]
        files = as_png(planted.rows, name, scene)
        painted = [paint(*each) for each in zip(files, planted.rows[text], strict=True)]
        return with_pictures(planted.rows, name, painted, scene)

    def shares(self, planted: Planted, ran: Ran) -> list[Share]:
        from curate.evaluation.planting import aligned

        assert planted.told is not None
        assert ran.again is not None
        ids = planted.told["pair_id"]
        plain = aligned(ran.planted).select("pair_id", plain="score")
        after = aligned(ran.again).select("pair_id", painted="score")
        both = planted.told.join(plain, on="pair_id").join(after, on="pair_id")
        return [
            *share("rose", both["painted"] > both["plain"]),
            *share("kept plain", stays(ids, ran.planted)),
            *share("kept painted", stays(ids, ran.again)),
        ]


def paint(data: bytes, text: str) -> bytes:
    """A picture with a text in black on white over its lower part."""
    from PIL import Image, ImageDraw, ImageFont

    with Image.open(io.BytesIO(data)) as image:
        canvas = image.convert("RGB")
    size = max(8, canvas.height // 10)
    lines = textwrap.wrap(text, LETTERS)[:5] or [""]
    draw = ImageDraw.Draw(canvas)
    top = canvas.height - round(1.2 * size * len(lines))
    draw.rectangle((0, top, canvas.width, canvas.height), fill="white")
    draw.multiline_text((2, top), "\n".join(lines), fill="black", font=ImageFont.load_default(size))
    out = io.BytesIO()
    canvas.save(out, "PNG")
    return out.getvalue()
