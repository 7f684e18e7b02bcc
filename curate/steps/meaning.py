"""A text that was made must mean what the text means that it was made of, in the language wanted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from curate.pairs.field import Fields, language_of
from curate.steps.learning import said
from curate.steps.side import EMBEDDED, Side, likeness, no_encoder
from curate.steps.step import Ask, Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.steps.synthesis import Synthesis
    from curate.steps.trial import Trial

SURE = 0.4
"""Lingua spreads its belief over 75 languages: of 805 English captions of a few words it calls 4 by
another language with so much, and of 791 French ones 379 French."""


class Meaning(BaseModel):
    """Vectors of the two texts must be alike within a band, and their words not the very same."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    judges: ClassVar[tuple[str, ...]] = ("text",)
    extras: ClassVar[tuple[str, ...]] = ("embedded", "language")

    above: float = Field(0.7, ge=-1, le=1, description="Cosines below this reject.")
    below: float = Field(1.0, ge=-1, le=1, description="Cosines above this reject.")
    encoder: str = Field(
        EMBEDDED,
        description="What turns texts into vectors: `embedded` for English, or a model such as "
        "hf:owner/name; for translations one that reads both languages.",
    )
    language: bool = Field(
        True,
        description="Whether a text in another language than is wanted is rejected; told by lingua.",
    )
    sure: float = Field(
        SURE, gt=0, le=1, description="The probability that another language must have to reject."
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        if self.above >= self.below:
            yield Objection(("above",), "'above' is not less than 'below'", "a band of cosines")
        if unnamed := no_encoder(self.encoder):
            yield unnamed

    def judge(self, trial: Trial, ask: Ask) -> pl.DataFrame:
        import polars as pl

        before = trial.table.select(parent="pair_id", before=trial.step.source)
        both = trial.children.select("pair_id", "parent", "value").join(
            before, on="parent", how="left", maintain_order="left"
        )
        side = Side((trial.step.source,), (self.encoder,))
        judged = both.with_columns(
            score=likeness(both["value"], both["before"], side, ask).round(6),
            other=self._other(both["value"], _wanted(trial.step, ask.fields), ask),
        )
        same = said("value") == said("before")
        low, high = pl.col("score") < self.above, pl.col("score") > self.below
        return judged.select(
            "pair_id",
            "score",
            reason=pl.when(same)
            .then(pl.lit("says the same words"))
            .when(low)
            .then(pl.lit("meaning lost"))
            .when(high)
            .then(pl.lit("too much the same"))
            .when(pl.col("other").is_not_null())
            .then(pl.lit("in another language")),
            threshold=pl.when(high).then(self.below).otherwise(self.above),
            detail=pl.format("'{}' of '{}'", "value", "before")
            + pl.format(", in {}", "other").fill_null(""),
        )

    def _other(self, texts: pl.Series, wanted: str | None, ask: Ask) -> pl.Series:
        """The language that a text is in, where it is not the one wanted."""
        import polars as pl

        from curate.measures.text import text_language

        if not self.language or wanted is None:
            return pl.repeat(None, len(texts), dtype=pl.String, eager=True)
        found = ask.texts(text_language(), texts.to_list())
        differs = pl.col("language") != wanted
        sure = pl.col("language_probability") >= self.sure
        return found.select(pl.when(differs & sure).then("language")).to_series()


def _wanted(step: Synthesis, fields: Fields) -> str | None:
    """The primary subtag of the language that is to be written."""
    declared = language_of(fields, step.into) or language_of(fields, step.source)
    tag = getattr(step, "to", None) or declared
    return None if tag is None else str(tag).partition("-")[0].lower()
