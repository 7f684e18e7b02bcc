"""A metadata label learned from the pairs that have one: self-training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from curate.pairs.field import Fields
from curate.pairs.identity import canonical_json
from curate.steps.encoding import encoder_extras, encoder_of, unreadable_by
from curate.steps.labelling import Labelled, Labelling
from curate.steps.learning import learned
from curate.steps.side import EMBEDDED, Side
from curate.steps.step import Ask, Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure

METHOD = "curate self-training"


class Train(Labelling):
    """Fill a metadata field by a classifier that learns from the pairs that have a value.

    Each round learns from those, and from the labels that the last round was sure of. A gold part,
    which no round learns from, tells how good a round is: training stops when that no longer rises,
    and the report says so. A label is correct if it equals the value.
    """

    summary: ClassVar[str] = "fill a metadata field by self-training on the pairs that have a value"
    leads: ClassVar[str] = "train"
    examples: ClassVar[tuple[str, ...]] = (
        "- pseudo_label: {train: image, fill: category, min_confidence: 0.8}",
        "- pseudo_label: {train: [image, caption], fill: category, rounds: 5, gold: 0.3}",
    )
    source_types: ClassVar[tuple[str, ...]] = ("image", "text", "audio", "video", "sensor")
    fill_types: ClassVar[tuple[str, ...]] = ("metadata",)

    train: str | list[str] = Field(
        min_length=1, description="The field, or fields together, whose content tells the label."
    )
    encoder: str | dict[str, str] = Field(
        EMBEDDED,
        description="What turns contents into vectors: `embedded` (images, texts and films), a model "
        "such as hf:owner/name, or one of these for each field.",
    )
    rounds: int = Field(3, ge=1, le=100, description="How often it learns at most.")
    sure: float = Field(
        0.9,
        gt=0,
        le=1,
        description="The probability, as the classifier itself gives it, from which on a round learns "
        "from a label of the last.",
    )

    @property
    def extras(self) -> tuple[str, ...]:
        return (*encoder_extras(self.sources, self.encoder), "labels")

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        yield from unreadable_by(self.sources, self.encoder, fields)

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        return [(seen.measure, seen.field) for seen in self._side.views(fields)]

    def label(self, table: pl.DataFrame, asked: pl.Series, ask: Ask) -> Labelled:
        import polars as pl

        from curate.fits.self_training import self_training

        seen = self._side.vectors(table, ask).select("pair_id", "error", features="vector")
        rows = table.select(
            "pair_id",
            learn=learned(table),
            label=pl.col(self.fill).cast(pl.String),
            asked=pl.col("pair_id").is_in(asked.implode()),
        ).join(seen, on="pair_id", maintain_order="left")
        fit = self_training(rounds=self.rounds, sure=self.sure)
        found = ask.fit(fit, rows.drop("error").sort("pair_id"))
        broken = rows.select("pair_id", broken="error")
        settings = {"encoder": self.encoder, "rounds": self.rounds, "sure": self.sure}
        told = found.join(broken, on="pair_id", maintain_order="left").select(
            "pair_id",
            "confidence",
            value="label",
            generator=pl.lit(METHOD),
            settings=pl.lit(canonical_json(settings)),
            error=pl.coalesce("broken", "error"),
        )
        notes = found["note"].drop_nulls()
        return Labelled(told, notes[0] if notes.len() else None)

    @property
    def _side(self) -> Side:
        encoders = tuple(encoder_of(name, self.encoder) for name in self.sources)
        return Side(self.sources, encoders)
