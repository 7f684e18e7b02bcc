"""What was made must be nothing that one would not show to everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from curate.pairs.field import Fields
from curate.steps.step import Ask, Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.steps.trial import Trial


class Safe(BaseModel):
    """A classifier says how likely a picture is pornographic; too likely rejects it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    judges: ClassVar[tuple[str, ...]] = ("image", "video")
    extras: ClassVar[tuple[str, ...]] = ("safety",)

    nsfw_below: float = Field(
        0.2, gt=0, le=1, description="Probabilities of pornography from here on reject."
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from ()

    def judge(self, trial: Trial, ask: Ask) -> pl.DataFrame:
        import polars as pl

        from curate.measures.nsfw import IMAGE_NSFW, VIDEO_NSFW

        measure = IMAGE_NSFW if trial.step.made_type == "image" else VIDEO_NSFW
        seen = ask.measure(measure, trial.children["value"])
        found = trial.children.select("pair_id", key="value").join(
            seen, on="key", how="left", maintain_order="left"
        )
        unseen = pl.col("nsfw").is_null()
        return found.select(
            "pair_id",
            reason=pl.when(unseen)
            .then(pl.lit("not seen"))
            .when(pl.col("nsfw") >= self.nsfw_below)
            .then(pl.lit("unsafe")),
            score=1 - pl.col("nsfw"),
            threshold=pl.lit(1 - self.nsfw_below),
            detail="error",
        )
