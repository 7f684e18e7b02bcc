"""Find labels that disagree with what a pair holds, by what other pairs with that label hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import ConfigDict, Field

from curate.pairs.field import Fields, content_fields, metadata_fields
from curate.steps.learning import fold_groups, learned
from curate.steps.side import EMBEDDED, EMBEDDED_READS, Side, no_encoder
from curate.steps.step import Ask, Objection, Outcome, Step

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure


class Labels(Step):
    """Score how likely a label is, given a field's content, and mark those that look wrong.

    A model learns from the pairs themselves which label goes with which content, and judges every
    pair without having seen it or its copies; confident learning then tells which labels are wrong.
    A label that few pairs carry is not assessed, nor is a pair that lacks the label or the content.
    Where there is a split, only its training pairs are learned from.
    """

    model_config = ConfigDict(populate_by_name=True)
    word: ClassVar[str] = "align"
    summary: ClassVar[str] = "find labels that disagree with a field's content"
    leads: ClassVar[str] = "labels"
    examples: ClassVar[tuple[str, ...]] = (
        "- align: {labels: category, from: image}",
        "- align: {labels: category, from: caption, action: drop, as: category_fits}",
    )
    fits: ClassVar[bool] = True

    labels: str = Field(description="The metadata field whose values are the labels.")
    source: str = Field(alias="from", description="The field whose content should tell.")
    encoder: str = Field(
        EMBEDDED,
        description="What turns contents into vectors: `embedded` (images, texts and films) or a "
        "model such as hf:owner/name.",
    )
    action: Literal["flag", "review", "drop"] = Field(
        "review", description="What is said of a pair whose label disagrees."
    )
    name: str = Field("labels", alias="as", description="What later steps call the score.")

    @property
    def title(self) -> str:
        return " ".join([self.word, self.leads, self.labels, self.source])

    @property
    def judges(self) -> bool:
        return True

    @property
    def gives(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def extras(self) -> tuple[str, ...]:
        return ("embedded" if self.encoder == EMBEDDED else "encoders", "labels")

    def check(self, fields: Fields) -> Iterator[Objection]:
        known = tuple(metadata_fields(fields))
        able = tuple(content_fields(fields))
        if self.labels not in known:
            message = f"'{self.labels}' is no metadata field"
            yield Objection(("labels",), message, candidates=known)
        if self.source not in able:
            what = "has no content" if self.source in fields else "is no field"
            yield Objection(("from",), f"'{self.source}' {what}", candidates=able)
        elif self.encoder == EMBEDDED and fields[self.source].type not in EMBEDDED_READS:
            kind = fields[self.source].type
            yield Objection(("encoder",), f"'embedded' reads no {kind}", "a model that does")
        if unnamed := no_encoder(self.encoder):
            yield unnamed

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        return [(seen.measure, seen.field) for seen in self._side.views(fields)]

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        from curate.fits.labels import LABELS
        from curate.ledger.verdict import verdicts

        features = self._features(table, ask)
        errors = features.select("pair_id", "error")
        judged = ask.fit(LABELS, features.drop("error").sort("pair_id"))
        joined = errors.join(judged, on="pair_id", how="left", maintain_order="left")
        broken, unknown = pl.col("error").is_not_null(), pl.col("note").is_not_null()
        said = joined.select(
            "pair_id",
            verdict=pl.when(broken)
            .then(pl.lit("unreadable"))
            .when(unknown)
            .then(pl.lit("not_assessed"))
            .when("issue")
            .then(pl.lit(self.action)),
            reason=pl.when(broken)
            .then(pl.lit(f"{self.source} unreadable"))
            .when(unknown)
            .then("note")
            .when("issue")
            .then(pl.lit("label disagrees with content")),
            score="score",
            detail=pl.when(broken)
            .then(pl.format("{}: {}", pl.lit(self.source), "error"))
            .when("issue")
            .then(pl.format("suggested {}", "suggested")),
        )
        return Outcome(verdicts(said), judged.select("pair_id", pl.col("score").alias(self.name)))

    @property
    def _side(self) -> Side:
        return Side((self.source,), (self.encoder,))

    def _features(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """What the fit learns from and judges, and why a content could not be read."""
        import polars as pl

        seen = self._side.vectors(table, ask).select("pair_id", "error", features="vector")
        label = pl.col(self.labels).cast(pl.String)
        return (
            table.select("pair_id", learn=learned(table), label=label)
            .join(fold_groups(table, [self.source], ask), on="pair_id", maintain_order="left")
            .join(seen, on="pair_id", maintain_order="left")
        )
