"""Find labels that disagree with what a pair holds, by what other pairs with that label hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import ConfigDict, Field

from curate.pairs.field import Fields, metadata_fields
from curate.steps.step import Ask, Objection, Outcome, Step

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure

KINDS = ("image", "text")
"""What the embedded encoders can see."""


class Labels(Step):
    """Score how likely a label is, given an image or a text, and mark those that look wrong.

    A model learns from the pairs themselves which label goes with which content, and judges every
    pair without having seen it or its copies; confident learning then tells which labels are wrong.
    A label that few pairs carry is not assessed, nor is a pair that lacks the label or the content.
    Where there is a split, only its training pairs are learned from.
    """

    model_config = ConfigDict(populate_by_name=True)
    word: ClassVar[str] = "align"
    summary: ClassVar[str] = "find labels that disagree with an image or a text"
    leads: ClassVar[str] = "labels"
    examples: ClassVar[tuple[str, ...]] = (
        "- align: {labels: category, from: image}",
        "- align: {labels: category, from: caption, action: drop, as: category_fits}",
    )
    fits: ClassVar[bool] = True

    labels: str = Field(description="The metadata field whose values are the labels.")
    source: str = Field(alias="from", description="The image or text field that should tell.")
    action: Literal["flag", "review", "drop"] = Field(
        "review", description="What is said of a pair whose label disagrees."
    )
    name: str = Field("labels", alias="as", description="What later steps call the score.")

    @property
    def title(self) -> str:
        return " ".join([self.word, self.leads, self.labels, self.source])

    @property
    def gives(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def extras(self) -> tuple[str, ...]:
        return ("embedded", "labels")

    def check(self, fields: Fields) -> Iterator[Objection]:
        known = tuple(metadata_fields(fields))
        able = tuple(name for name, field in fields.items() if field.type in KINDS)
        if self.labels not in known:
            message = f"'{self.labels}' is no metadata field"
            yield Objection(("labels",), message, candidates=known)
        if self.source not in fields:
            yield Objection(("from",), f"'{self.source}' is no field", candidates=able)
        elif self.source not in able:
            message = f"'{self.source}' is a field of type {fields[self.source].type}"
            yield Objection(("from",), message, "an image or a text", able)

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        return [(_encoder(fields[self.source].type)[0], self.source)]

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

    def _features(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """What the fit learns from and judges, and why a content could not be read."""
        import polars as pl

        measure, column = _encoder(ask.fields[self.source].type)
        key = f"{self.source}_sha256"
        seen = ask.measure(measure, table[key]).select("key", "error", features=column)
        pairs = table.select(
            "pair_id", key, learn=_learned(table), label=pl.col(self.labels).cast(pl.String)
        )
        grouped = pairs.join(_fold_groups(table, key, ask), on="pair_id", maintain_order="left")
        joined = grouped.join(seen, left_on=key, right_on="key", how="left", maintain_order="left")
        return joined.drop(key)


def _encoder(kind: str) -> tuple[Measure, str]:
    """The measure that sees a content, and its column of vectors."""
    from curate.measures.embedding import image_features, text_embedding

    return (image_features(), "features") if kind == "image" else (text_embedding(), "embedding")


def _learned(table: pl.DataFrame) -> pl.Expr:
    import polars as pl

    if "split" in table.columns and bool((table["split"] == "train").any()):
        return pl.col("split") == "train"
    return pl.lit(True)


def _fold_groups(table: pl.DataFrame, key: str, ask: Ask) -> pl.DataFrame:
    """`pair_id`, `fold_group`: copies, and pairs of one content, are judged without each other."""
    import polars as pl

    from curate.pairs.components import components, stars

    copies = ask.components().select(left="component", right="pair_id")
    groups = components(table["pair_id"], pl.concat([copies, stars(table, key)]))
    return groups.rename({"component": "fold_group"})
