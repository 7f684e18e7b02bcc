"""Categories told from their names alone, by how near a content is to each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from curate.pairs.field import Fields
from curate.pairs.identity import canonical_json
from curate.steps.labelling import Labelled, Labelling
from curate.steps.learning import learned
from curate.steps.side import EMBEDDED, EMBEDDED_READS, Side, no_encoder, view
from curate.steps.step import Ask, Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure

TEMPERATURE = 0.05


class Classify(Labelling):
    """Fill a metadata field with the label whose name is nearest to a content, without learning.

    Each label's name, put into `template`, is a vector beside the contents' (Radford et al. 2021,
    arXiv 2103.00020). Confidence is the label's share in the softmax of cosines over `temperature`
    among all labels, held against the pairs that have a label.
    """

    summary: ClassVar[str] = "fill a metadata field with the nearest of some labels"
    leads: ClassVar[str] = "classify"
    examples: ClassVar[tuple[str, ...]] = (
        "- pseudo_label: {classify: image, fill: category, labels: [animals, food, tools]}",
        (
            "- pseudo_label: {classify: image, fill: category, template: 'a photo of {}', "
            "encoder: 'hf:openai/clip-vit-base-patch32', temperature: 0.01}"
        ),
    )
    source_types: ClassVar[tuple[str, ...]] = ("image", "text", "audio", "video")
    fill_types: ClassVar[tuple[str, ...]] = ("metadata",)

    classify: str = Field(description="The field that is looked at.")
    labels: dict[str, str] | list[str] | None = Field(
        None,
        min_length=2,
        description="The labels, or what each is described as; the known values if left out.",
    )
    template: str = Field("{}", pattern=r"\{\}", description="What `{}`, the label, is put into.")
    encoder: str = Field(
        EMBEDDED,
        description="What turns contents and labels into vectors of one space: `embedded` (images, "
        "texts and films), or a model such as hf:owner/name.",
    )
    temperature: float = Field(
        TEMPERATURE, gt=0, description="The smaller, the surer of small differences."
    )

    @property
    def extras(self) -> tuple[str, ...]:
        return ("embedded" if self.encoder == EMBEDDED else "encoders",)

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        if unnamed := no_encoder(self.encoder):
            yield unnamed
        elif self.classify in fields and self.encoder == EMBEDDED:
            kind = fields[self.classify].type
            if kind not in EMBEDDED_READS:
                yield Objection(("encoder",), f"'embedded' reads no {kind}", "hf:owner/name")

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        return [(seen.measure, seen.field) for seen in self._side.views(fields)]

    @property
    def _side(self) -> Side:
        return Side((self.classify,), (self.encoder,))

    def label(self, table: pl.DataFrame, asked: pl.Series, ask: Ask) -> Labelled:
        import polars as pl

        rows = table.filter(pl.col("pair_id").is_in(asked.implode()))
        names = self._labels(table)
        seen = self._side.vectors(rows, ask)
        nearest = self._nearest(seen, names, ask)
        settings = canonical_json({"labels": names, "temperature": self.temperature})
        missing = pl.when(pl.col("key").is_null()).then(pl.lit(f"{self.classify} missing"))
        return Labelled(
            seen.select("pair_id", error=pl.coalesce(missing, "error"))
            .join(nearest, on="pair_id", how="left", maintain_order="left")
            .with_columns(
                generator=pl.lit(self.encoder),
                prompt=pl.lit(self.template),
                settings=pl.lit(settings),
            )
        )

    def _labels(self, table: pl.DataFrame) -> dict[str, str]:
        """Label -> what it is described as."""
        if isinstance(self.labels, dict):
            return self.labels
        known = table.filter(learned(table))[self.fill].drop_nulls()
        names = self.labels or known.cast(str).unique().sort().to_list()
        return {name: name for name in names}

    def _nearest(self, seen: pl.DataFrame, names: dict[str, str], ask: Ask) -> pl.DataFrame:
        """`pair_id`, `value`, `confidence` of the contents that have a vector."""
        import numpy as np
        import polars as pl

        from curate.fits.ridge import unit

        placed = seen.drop_nulls("shared")
        if not placed.height or not names:
            return pl.DataFrame(
                schema={"pair_id": pl.String, "value": pl.String, "confidence": pl.Float64}
            )
        told = view(self.fill, "text", self.encoder)
        texts = [self.template.replace("{}", text) for text in names.values()]
        labels = np.stack([np.asarray(v) for v in ask.texts(told.measure, texts)[told.shared]])
        cosines = unit(placed["shared"].to_numpy()) @ unit(labels).T / self.temperature
        powers = np.exp(cosines - cosines.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        best = shares.argmax(axis=1)
        return placed.select("pair_id").with_columns(
            value=pl.Series([list(names)[at] for at in best], dtype=pl.String),
            confidence=pl.Series(shares.max(axis=1).round(6)),
        )
