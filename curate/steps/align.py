"""Score how well the sides of a pair belong together, and drop the worst."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from curate.pairs.field import Fields
from curate.steps.step import Ask, Objection, Outcome, Step

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure

SCORE = "align"
"""The column that later steps may select by."""


class Drop(BaseModel):
    """Which pairs go: those below a score, or below a share of all scores."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    below: float | None = Field(None, description="Drop pairs with a score below this.")
    below_quantile: float | None = Field(
        None, ge=0, lt=1, description="Drop this share of the pairs, those with the lowest scores."
    )


class Align(Step):
    """Score how well an image and a text belong together; higher is better matched.

    The encoder `embedded` runs anywhere with nothing but installed packages: it places images
    among texts by what a classifier sees in them, and learns from the pairs themselves how they
    correspond, scoring every pair by a head that has seen neither it nor its copies. Pairs that
    lack a side are not assessed. Without `drop`, pairs are only scored, for a later `select`.
    """

    word: ClassVar[str] = "align"
    summary: ClassVar[str] = "score how well an image and a text belong together, drop the worst"
    examples: ClassVar[tuple[str, ...]] = (
        "- align: {score: [image, caption], drop: {below_quantile: 0.05}}",
        "- align: {score: [image, caption], encoder: embedded, drop: {below: 0.0}}",
        "- align: {score: [image, caption]}",
    )
    fits: ClassVar[bool] = True

    score: list[str] = Field(
        min_length=2, max_length=2, description="The two fields to compare: an image and a text."
    )
    encoder: Literal["embedded"] = Field(
        "embedded", description="What turns contents into vectors."
    )
    drop: Drop = Field(Drop(), description="Which pairs go; none when left out.")

    @property
    def title(self) -> str:
        return " ".join([self.word, *self.score])

    @property
    def extras(self) -> tuple[str, ...]:
        return ("embedded",)

    def check(self, fields: Fields) -> Iterator[Objection]:
        able = tuple(n for n, field in fields.items() if field.type in ("image", "text"))
        for index, name in enumerate(self.score):
            if name not in fields:
                yield Objection(("score", index), f"'{name}' is no field", candidates=able)
            elif name not in able:
                kind = fields[name].type
                yield Objection(
                    ("score", index), f"'{name}' is a field of type {kind}", "an image or a text"
                )
        kinds = [fields[name].type for name in self.score if name in able]
        if len(kinds) == len(self.score) and sorted(kinds) != ["image", "text"]:
            yield Objection(("score",), "align compares an image with a text", "one of each", able)
        if self.drop.below is not None and self.drop.below_quantile is not None:
            yield Objection(
                ("drop",), "'below' and 'below_quantile' exclude each other", "one of them"
            )

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        from curate.measures.embedding import image_features, text_embedding

        image, text = self._sides(fields)
        return [(image_features(), image), (text_embedding(), text)]

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        from curate.fits.head import HEAD
        from curate.ledger.verdict import verdicts

        vectors = self.vectors(table, ask)
        whole = vectors.drop_nulls(["left", "right"]).sort("pair_id")
        scored = ask.fit(HEAD, whole.drop("error"))
        threshold = self._threshold(scored["score"])
        joined = vectors.select("pair_id", "error").join(
            scored, on="pair_id", how="left", maintain_order="left"
        )
        broken, unknown = pl.col("error").is_not_null(), pl.col("score").is_null()
        below = pl.col("score") < threshold if threshold is not None else pl.lit(False)
        said = joined.select(
            "pair_id",
            verdict=pl.when(broken)
            .then(pl.lit("unreadable"))
            .when(unknown)
            .then(pl.lit("not_assessed"))
            .when(below)
            .then(pl.lit("drop")),
            reason=pl.when(broken)
            .then(pl.lit("unreadable"))
            .when(unknown)
            .then(pl.coalesce("note", pl.lit("a side is missing")))
            .when(below)
            .then(pl.lit("score below threshold")),
            score="score",
            threshold=pl.when(~unknown).then(pl.lit(threshold, pl.Float64)),
            detail=pl.coalesce("error", _evidence()),
        )
        return Outcome(verdicts(said), scored.select("pair_id", pl.col("score").alias(SCORE)))

    def _sides(self, fields: Fields) -> tuple[str, str]:
        """The image's name, then the text's."""
        first, second = self.score
        return (first, second) if fields[first].type == "image" else (second, first)

    def vectors(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """What the head learns from and scores, and why a side could not be read."""
        import polars as pl

        from curate.measures.embedding import image_features, text_embedding

        image, text = self._sides(ask.fields)
        lefts = ask.measure(image_features(), table[f"{image}_sha256"])
        rights = ask.measure(text_embedding(), table[f"{text}_sha256"])
        lefts = lefts.rename({"features": "left", "embedding": "left_in_right"})
        rights = rights.rename({"embedding": "right", "error": "error_right"})
        learn = pl.col("split") == "train" if _has_train(table) else pl.lit(True)
        sides = {"image": f"{image}_sha256", "text": f"{text}_sha256"}
        joined = (
            table.select("pair_id", learn=learn, **sides)
            .join(_fold_groups(table, text, ask), on="pair_id")
            .join(lefts, left_on="image", right_on="key", how="left")
            .join(rights, left_on="text", right_on="key", how="left")
        )
        return joined.select(
            "pair_id",
            "fold_group",
            "learn",
            "left",
            "right",
            "left_in_right",
            error=pl.coalesce("error", "error_right"),
        )

    def _threshold(self, scores: pl.Series) -> float | None:
        if self.drop.below_quantile is not None:
            return scores.quantile(self.drop.below_quantile, "lower")
        return self.drop.below


def _has_train(table: pl.DataFrame) -> bool:
    return "split" in table.columns and bool((table["split"] == "train").any())


def _fold_groups(table: pl.DataFrame, text: str, ask: Ask) -> pl.DataFrame:
    """`pair_id`, `fold_group`: copies, and pairs that say the same, are never learned from when
    one of them is scored.
    """
    import polars as pl

    from curate.pairs.components import components, stars

    words = table.with_columns(said=pl.col(text).str.to_lowercase().str.strip_chars(" .!?"))
    copies = ask.components().select(left="component", right="pair_id")
    groups = components(table["pair_id"], pl.concat([copies, stars(words, "said")]))
    return groups.rename({"component": "fold_group"})


def _evidence() -> pl.Expr:
    """The parts of the score, in words."""
    import polars as pl

    head = pl.format("head {}", pl.col("head").round(3))
    zero = pl.format("zero_shot {}", pl.col("zero_shot").round(3))
    return pl.concat_str([head, zero], separator=", ", ignore_nulls=True).replace("", None)
