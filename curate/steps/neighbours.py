"""Captions found rather than made: what is said of the pairs nearest to one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from curate.pairs.field import Fields
from curate.pairs.identity import canonical_json
from curate.steps.encoding import encoder_extras, encoder_of, unreadable_by
from curate.steps.labelling import Labelled, Labelling
from curate.steps.learning import learned, said
from curate.steps.side import EMBEDDED, Side, likeness
from curate.steps.step import Ask, Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure

METHOD = "curate neighbours"


class Neighbours(Labelling):
    """Fill a text with what the nearest labelled pairs agree on.

    A head learns from the labelled pairs how the fields correspond, as `align` does, and places
    every pair among the texts of the others by what has seen neither it nor its copies. No text is
    made up: every label stands in some other pair, whose id is the line's `prompt`. A label is
    correct if its vector's cosine with the text that a person wrote is at least `alike`.
    """

    summary: ClassVar[str] = "fill a text from the nearest labelled pairs"
    leads: ClassVar[str] = "neighbours"
    examples: ClassVar[tuple[str, ...]] = (
        "- pseudo_label: {neighbours: image, fill: caption, min_confidence: 0.8}",
        "- pseudo_label: {neighbours: [image, category_text], fill: caption, count: 5}",
    )
    source_types: ClassVar[tuple[str, ...]] = ("image", "text", "audio", "video", "sensor")
    fill_types: ClassVar[tuple[str, ...]] = ("text",)

    neighbours: str | list[str] = Field(
        min_length=1, description="The field, or fields together, by which pairs are near."
    )
    encoder: str | dict[str, str] = Field(
        EMBEDDED,
        description="What turns contents into vectors: `embedded` (images, texts and films), a model "
        "such as hf:owner/name, or one of these for each field.",
    )
    count: int = Field(10, ge=2, description="How many neighbours are asked.")
    alike: float = Field(
        0.7, gt=0, le=1, description="The cosine from which on two texts say the same."
    )
    gold: float = Field(
        1.0,
        gt=0,
        le=1,
        description="Share of the pairs that have a text which are labelled too, each by the others, "
        "so that confidence can be held against the truth; at most 1000 pairs.",
    )

    @property
    def extras(self) -> tuple[str, ...]:
        return encoder_extras((*self.sources, self.fill), self.encoder)

    @property
    def correctness(self) -> str:
        return f"its vector's cosine with that of the hidden text is at least {self.alike}"

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        yield from unreadable_by((*self.sources, self.fill), self.encoder, fields)

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        views = [seen for side in self.sides for seen in side.views(fields)]
        return [(seen.measure, seen.field) for seen in views]

    def label(self, table: pl.DataFrame, asked: pl.Series, ask: Ask) -> Labelled:
        import polars as pl

        from curate.fits.neighbours import neighbours

        seen = self._vectors(table, asked, ask)
        found = ask.fit(neighbours(count=self.count), seen.drop("error").sort("pair_id"))
        texts = table.select(chosen="pair_id", value=self.fill)
        rows = found.join(texts, on="chosen", how="left", maintain_order="left").join(
            seen.select("pair_id", broken="error"), on="pair_id", maintain_order="left"
        )
        settings = canonical_json({"count": self.count, "encoder": self.encoder})
        return Labelled(
            rows.select(
                "pair_id",
                "value",
                "confidence",
                generator=pl.lit(METHOD),
                prompt="chosen",
                settings=pl.lit(settings),
                error=pl.coalesce("broken", "note"),
            )
        )

    def correct(self, labels: pl.DataFrame, ask: Ask) -> pl.Series:
        cosines = likeness(labels["value"], labels["truth"], self.sides[1], ask)
        return cosines >= self.alike

    @property
    def sides(self) -> tuple[Side, Side]:
        encoders = tuple(encoder_of(name, self.encoder) for name in self.sources)
        filled = encoder_of(self.fill, self.encoder)
        return Side(self.sources, encoders), Side((self.fill,), (filled,))

    def _vectors(self, table: pl.DataFrame, asked: pl.Series, ask: Ask) -> pl.DataFrame:
        """What the fit reads, and `error`."""
        import polars as pl

        left, right = (side.vectors(table, ask) for side in self.sides)
        spaces = [side.space for side in self.sides]
        joined = (
            table.select("pair_id", learn=learned(table), right_key=said(self.fill))
            .with_columns(asked=pl.col("pair_id").is_in(asked.implode()))
            .join(ask.components().rename({"component": "fold_group"}), on="pair_id")
            .join(left, on="pair_id", maintain_order="left")
            .join(right.select("pair_id", right="vector"), on="pair_id", maintain_order="left")
        )
        placed = (
            {"left_in_right": "shared"} if spaces[0] is not None and spaces[0] == spaces[1] else {}
        )
        return joined.select(
            "pair_id",
            "fold_group",
            "learn",
            "asked",
            "right",
            "right_key",
            "error",
            left="vector",
            **placed,
        )
