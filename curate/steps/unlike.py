"""What was made must be new: no copy of what its generator may have learned, nor of a sibling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from curate.pairs.field import Fields
from curate.pairs.origin import COLLECTED, SYNTHETIC
from curate.steps.step import Ask, Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.steps.copies import Compared
    from curate.steps.synthesis import Synthesis
    from curate.steps.trial import Trial

SHARED, NGRAM = 0.8, 5
"""The overlap of two texts' shingles of so many characters from which one is a copy."""
REMEMBERED = 0.9
"""The likeness of two pictures from which a made one is held to be remembered: less than `dedup`
asks, since here a wrong verdict costs no more than a picture that can be made anew."""
LEARNED = ("crop", "flip")
"""What is done to pictures before generators see them, as `dedup` names it."""


class _Unlike(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    judges: ClassVar[tuple[str, ...]] = ("image", "text", "audio", "video")
    extras: ClassVar[tuple[str, ...]] = ()

    likeness: float | None = Field(
        None,
        gt=0,
        le=1,
        description="From here on it is a copy; by default about as `dedup` sees it.",
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from ()

    def _compared(self, step: Synthesis) -> Compared:
        """As `dedup: {near: …}` compares the field: a copy here is a copy there."""
        from curate.steps.copies import Compared
        from curate.steps.like_audio import Sounds
        from curate.steps.like_image import LIKENESS, Images
        from curate.steps.like_text import Texts
        from curate.steps.like_video import Films

        if step.made_type == "image":
            return Compared(step.into, Images(self.likeness or LIKENESS))
        if step.made_type == "video":
            return Compared(step.into, Films(self.likeness) if self.likeness else Films())
        if step.made_type == "audio":
            return Compared(step.into, Sounds(self.likeness) if self.likeness else Sounds())
        return Compared(step.into, Texts(self.likeness or SHARED, NGRAM, "character"))


class Memorised(_Unlike):
    """Nothing that was made may be a near-duplicate of anything collected in its field.

    Generators learn from pictures that were squeezed into one shape, cropped and mirrored, and give
    them back as they learned them.
    """

    def _compared(self, step: Synthesis) -> Compared:
        from curate.steps.copies import Compared
        from curate.steps.like_image import Images

        if step.made_type == "image":
            kind = Images(self.likeness or REMEMBERED, LEARNED, any_shape=True)
            return Compared(step.into, kind)
        return super()._compared(step)

    def judge(self, trial: Trial, ask: Ask) -> pl.DataFrame:
        import polars as pl

        from curate.steps.copies import alike_across

        field = self._compared(trial.step)
        collected = trial.table.filter(pl.col("origin") == COLLECTED).drop_nulls(field.column)
        theirs = collected.unique(field.column, keep="first", maintain_order=True)
        ours = trial.children.unique("value", maintain_order=True).drop(field.column, strict=False)
        ours = ours.rename({"value": field.column})
        found = alike_across(theirs, ours, [field], ask).edges
        nearest = found.sort("right", "likeness", "left", descending=[False, True, False]).unique(
            "right", keep="first", maintain_order=True
        )
        told = nearest.select(
            "detail",
            value=ours[field.column].gather(nearest["right"]),
            related_id=theirs["pair_id"].gather(nearest["left"]),
            score="likeness",
        )
        return _against(trial.children, told, field, "memorised")


class Collapsed(_Unlike):
    """Nothing that was made may be a near-duplicate of something made before it."""

    def judge(self, trial: Trial, ask: Ask) -> pl.DataFrame:
        import polars as pl

        from curate.steps.copies import alike, named

        field = self._compared(trial.step)
        earlier = trial.table.filter(pl.col("origin") == SYNTHETIC).drop_nulls(field.column)
        every = pl.concat(
            [
                earlier.select("pair_id", value=field.column),
                trial.taken.select("pair_id", "value"),
                trial.children.select("pair_id", "value"),
            ]
        )
        nodes = every.unique("value", keep="first", maintain_order=True)
        found = alike(nodes.select(pl.col("value").alias(field.column)), [field], ask)
        edges = named(found.edges, nodes.height)
        near = edges.select(
            value=nodes["value"].gather(edges["right"]),
            related_id=nodes["pair_id"].gather(edges["left"]),
            score="likeness",
            detail="detail",
        )
        told = _against(trial.children, near, field, "collapsed")
        first = nodes.select("value", related_id="pair_id")
        again = (
            trial.children.select("pair_id", "value")
            .join(first, on="value")
            .filter(pl.col("pair_id") != pl.col("related_id"))
        )
        equal = again.select(
            "pair_id",
            "related_id",
            detail=pl.lit(f"equal {trial.step.into}"),
            score=pl.lit(1.0),
            threshold=pl.lit(field.kind.threshold),
            reason=pl.lit("collapsed"),
        )
        return pl.concat([equal, told]).unique("pair_id", keep="first", maintain_order=True)


def _against(
    children: pl.DataFrame, told: pl.DataFrame, field: Compared, reason: str
) -> pl.DataFrame:
    """What speaks against children by the contents that were made."""
    import polars as pl

    found = children.select("pair_id", "value").join(told, on="value", maintain_order="left")
    return found.select(
        "pair_id",
        "related_id",
        "detail",
        "score",
        threshold=pl.lit(field.kind.threshold),
        reason=pl.lit(reason),
    )
