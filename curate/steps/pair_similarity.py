"""Form pairs of two pools that were never paired, by what their contents mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from curate.pairs.field import Fields, content_fields
from curate.steps.side import EMBEDDED, EMBEDDED_READS, View, no_encoder, view
from curate.steps.step import Ask, Objection, Outcome, Step

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure


class PairSimilarity(Step):
    """Form pairs of two sources whose contents are near one another and to nothing else.

    Both pools are placed in one space of vectors and compared there, each against its own
    neighbourhood, so that what is near to everything is nobody's match. `mutual` pairs those that
    are each other's nearest; `assignment` finds the pairs, each row in one at most, that are best
    in sum, which are more and less sure. Where the evidence is weak nothing is paired: the row is dropped as matching nothing,
    with its nearest and what spoke against it in the ledger. Rows that say the same leave each
    other no margin.
    """

    word: ClassVar[str] = "pair"
    leads: ClassVar[str] = "similarity"
    summary: ClassVar[str] = "form pairs of two sources by what their contents mean"
    examples: ClassVar[tuple[str, ...]] = (
        "- pair: {similarity: [photos, texts], fields: [image, caption]}",
        "- pair: {similarity: [photos, texts], fields: [image, caption], match: assignment, margin: 0.2}",
        "- pair: {similarity: [english, german], fields: [caption, caption_de], at_least: 0.5}",
        "- pair: {similarity: [photos, texts], fields: [image, caption], encoder: 'hf:openai/clip-vit-base-patch32'}",
    )

    similarity: list[str] = Field(
        min_length=2, max_length=2, description="The two sources whose rows are matched."
    )
    fields: list[str] = Field(
        min_length=2, max_length=2, description="What is compared: a field of each, in this order."
    )
    encoder: str = Field(
        EMBEDDED,
        description="What turns contents into vectors of one space: `embedded`, or a model such as "
        "hf:openai/clip-vit-base-patch32.",
    )
    match: Literal["mutual", "assignment"] = Field(
        "mutual", description="Each other's nearest, or the best one-to-one matching as a whole."
    )
    margin: float = Field(
        0.1,
        ge=0,
        le=2,
        description="How far a match must stand above the next best, in units of the similarity; "
        "the higher, the fewer pairs and the fewer wrong ones.",
    )
    at_least: float = Field(
        0.2,
        ge=-1,
        le=1,
        description="Lowest similarity of a pair: the cosine of vectors centred on their pool.",
    )
    unmatched: Literal["drop", "keep"] = Field(
        "drop", description="What becomes of rows that match nothing; kept, they stay as they are."
    )

    @property
    def title(self) -> str:
        return " ".join([self.word, self.leads, *self.similarity])

    @property
    def joins(self) -> tuple[str, ...]:
        return tuple(self.similarity)

    @property
    def extras(self) -> tuple[str, ...]:
        return ("embedded" if self.encoder == EMBEDDED else "encoders",)

    def check(self, fields: Fields) -> Iterator[Objection]:
        if unnamed := no_encoder(self.encoder):
            yield unnamed
        able = tuple(n for n in content_fields(fields) if self._reads(fields[n].type))
        for index, name in enumerate(self.fields):
            if name not in fields:
                yield Objection(("fields", index), f"'{name}' is no field", candidates=able)
            elif name not in able:
                message = f"'{self.encoder}' reads no {fields[name].type}, which '{name}' is"
                yield Objection(("fields", index), message, candidates=able)
        for key, (first, second) in (("similarity", self.similarity), ("fields", self.fields)):
            if first == second:
                yield Objection((key, 1), f"'{second}' is named twice", "two that differ")

    def _reads(self, modality: str) -> bool:
        return self.encoder != EMBEDDED or modality in EMBEDDED_READS

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        return [(seen.measure, seen.field) for seen, _ in self._views(fields)]

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        from curate.fits.matching import matching
        from curate.ledger.verdict import verdicts
        from curate.steps.formed import formed

        rows = self._rows(table, ask)
        vectors = rows.drop_nulls("vector").select("side", id="pair_id", vector="vector")
        found = self._judged(ask.fit(matching(self.match), vectors.sort("side", "id")))
        pairs = found.filter(pl.col("against").is_null()).select(
            parents=pl.concat_list("left", "right"),
            reason=pl.lit("paired by similarity"),
            score="similarity",
            detail=pl.format("gain {}, margin {}", "gain", "margin"),
        )
        said = pl.concat([self._unplaced(rows), self._said(found)], how="diagonal_relaxed")
        everyone = table.select("pair_id").join(
            said, on="pair_id", how="left", maintain_order="left"
        )
        added = formed(table, pairs, self.similarity, ask.fields)
        return Outcome(verdicts(everyone), added=added)

    def _views(self, fields: Fields) -> list[tuple[View, str]]:
        """Both fields' encoders, and the columns of their vectors, which are of one space."""
        kinds = [fields[name].type for name in self.fields]
        views = [view(*named, self.encoder) for named in zip(self.fields, kinds, strict=True)]
        alike = kinds[0] == kinds[1]
        return [(seen, seen.features if alike else seen.shared) for seen in views]

    def _rows(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """`pair_id`, `side`, `field`, `key`, `vector`, `error` of both pools."""
        import polars as pl

        parts = []
        sides = zip(("left", "right"), self.similarity, self._views(ask.fields), strict=True)
        for side, source, (seen, column) in sides:
            own = table.filter(pl.col("source") == source).select(
                "pair_id",
                side=pl.lit(side),
                field=pl.lit(seen.field),
                key=f"{seen.field}_sha256",
            )
            values = ask.measure(seen.measure, own["key"])
            vectors = values.select("key", "error", vector=pl.col(column).cast(pl.List(pl.Float32)))
            parts.append(own.join(vectors, on="key", how="left", maintain_order="left"))
        return pl.concat(parts)

    def _unplaced(self, rows: pl.DataFrame) -> pl.DataFrame:
        """What is said of rows that have nothing to compare."""
        import polars as pl

        absent = pl.col("key").is_null()
        error = pl.format("{}: {}", "field", "error")
        return rows.filter(pl.col("vector").is_null()).select(
            "pair_id",
            verdict=pl.when(absent).then(self._left()).otherwise(pl.lit("unreadable")),
            reason=pl.when(absent)
            .then(pl.lit("no match"))
            .otherwise(pl.col("field") + " unreadable"),
            detail=pl.when(absent).then("no " + pl.col("field")).otherwise(error),
        )

    def _judged(self, found: pl.DataFrame) -> pl.DataFrame:
        """The matches with `against`: what speaks against a pair, null where nothing does."""
        import polars as pl

        low, close = pl.col("similarity") < self.at_least, pl.col("margin") < self.margin
        return found.with_columns(
            against=pl.when(pl.col("note").is_not_null())
            .then("note")
            .when(low)
            .then(pl.format("similarity {} is below {}", "similarity", pl.lit(self.at_least)))
            .when(close)
            .then(pl.format("margin {} is below {}", "margin", pl.lit(self.margin)))
        )

    def _said(self, found: pl.DataFrame) -> pl.DataFrame:
        """What is said of every row that was compared."""
        import polars as pl

        ends = [
            found.filter(pl.col("side").is_in(["both", own])).select(
                "similarity", "margin", "against", pair_id=own, related_id=other
            )
            for own, other in (("left", "right"), ("right", "left"))
        ]
        paired = pl.col("against").is_null()
        return pl.concat(ends).select(
            "pair_id",
            verdict=pl.when(paired).then(pl.lit("paired")).otherwise(self._left()),
            reason=pl.when(paired)
            .then(pl.lit("paired by similarity"))
            .otherwise(pl.lit("no match")),
            score="similarity",
            threshold=pl.lit(self.at_least),
            related_id=pl.when(~paired).then("related_id"),
            detail=pl.coalesce("against", pl.format("margin {}", "margin")),
        )

    def _left(self) -> pl.Expr:
        """The verdict on what matches nothing."""
        import polars as pl

        return pl.lit("keep" if self.unmatched == "keep" else "drop")
