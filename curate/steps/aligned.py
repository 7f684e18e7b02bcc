"""What was made of a text must match that text as well as collected pairs match theirs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from curate.pairs.field import Fields
from curate.pairs.origin import COLLECTED
from curate.steps.side import EMBEDDED, no_encoder
from curate.steps.step import Ask, Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.steps.trial import Trial


class Aligned(BaseModel):
    """Scored as `align` scores pairs, by a head that learned from collected pairs alone and never
    from the pair's own parent; what lies below a quantile of the collected pairs' scores is
    rejected.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    judges: ClassVar[tuple[str, ...]] = ("image", "video")
    extras: ClassVar[tuple[str, ...]] = ("embedded",)

    above_quantile: float = Field(
        0.05, ge=0, lt=1, description="Of the collected pairs, the share that may score lower."
    )
    encoder: str = Field(
        EMBEDDED, description="`embedded`, or a model of both sides such as hf:owner/name."
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        if unnamed := no_encoder(self.encoder):
            yield unnamed

    def judge(self, trial: Trial, ask: Ask) -> pl.DataFrame:
        import polars as pl

        from curate.steps.score import Score

        prompt = trial.step.prompted(ask.fields) or trial.step.source
        score = Score(score=[trial.step.into, prompt], encoder=self.encoder)
        shown = ["pair_id", "origin", "split", prompt]
        shown += [f"{name}_sha256" for name in (trial.step.into, prompt)]
        collected = trial.table.filter(pl.col("origin") == COLLECTED)
        both = pl.concat(
            [
                frame.select(c for c in shown if c in frame.columns)
                for frame in (collected, trial.children)
            ],
            how="diagonal",
        )
        said = score.decide(both, ask).verdicts.select(
            "pair_id", "score", "detail", unknown="reason"
        )
        known = said.join(collected, on="pair_id", how="semi")["score"].drop_nulls()
        least = known.quantile(self.above_quantile, "lower") if known.len() else None
        if least is None:
            return trial.children.select(
                "pair_id", reason=pl.lit("no collected pair to compare with")
            )
        reason = (
            pl.when(pl.col("score").is_null())
            .then(pl.coalesce("unknown", pl.lit("a side is missing")))
            .when(pl.col("score") < least)
            .then(pl.lit("off its prompt"))
        )
        found = said.with_columns(reason=reason, threshold=pl.lit(least))
        return trial.children.select("pair_id").join(
            found.drop("unknown"), on="pair_id", how="left", maintain_order="left"
        )
