"""Make one score of several that earlier steps gave, and drop the worst by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import ConfigDict, Field

from curate.pairs.field import Fields
from curate.steps.learning import learned
from curate.steps.step import Ask, Objection, Outcome, Step
from curate.steps.threshold import Drop, found, judge

if TYPE_CHECKING:
    import polars as pl


class Fuse(Step):
    """Make one score of several, for pairs of three fields and more; higher is better matched.

    `weighted` is the weighted mean of the scores, each first brought to one scale: distance from
    the median, in units of the spread. `rank` is the mean of their ranks. `learned` learns how much
    each score says from pairs put together wrongly on purpose; the scores must come from steps
    that make such pairs. A score that a pair lacks is left out of its mean, and pairs with the same
    scores are compared with one another when the mismatched share is estimated.
    """

    model_config = ConfigDict(populate_by_name=True)
    word: ClassVar[str] = "align"
    leads: ClassVar[str] = "fuse"
    summary: ClassVar[str] = "make one score of several, drop the worst by it"
    examples: ClassVar[tuple[str, ...]] = (
        "- align: {fuse: [align, transcript], weights: {align: 0.7, transcript: 0.3}}",
        "- align: {fuse: [align, transcript], how: rank, drop: {below_quantile: 0.05}}",
        "- align: {fuse: [align, spoken], how: learned, as: all, drop: {expected_mismatch_share: 0.02}}",
    )
    fits: ClassVar[bool] = True

    fuse: list[str] = Field(min_length=2, description="Scores that earlier steps have given.")
    how: Literal["weighted", "rank", "learned"] = Field(
        "weighted", description="A weighted mean, the mean of ranks, or a regression."
    )
    weights: dict[str, float] = Field(
        {}, description="Of `weighted`: score -> its weight; all the same when left out."
    )
    name: str = Field("fused", alias="as", description="What later steps call the score.")
    drop: Drop | None = Field(None, description="Which pairs go; none when left out.")

    @property
    def title(self) -> str:
        return " ".join([self.word, self.leads, *self.fuse])

    @property
    def judges(self) -> bool:
        return True

    @property
    def gives(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def takes(self) -> tuple[str, ...]:
        return tuple(self.fuse)

    def check(self, fields: Fields) -> Iterator[Objection]:
        for index, score in enumerate(self.fuse):
            if score in self.fuse[:index]:
                yield Objection(("fuse", index), f"'{score}' stands there twice", "another score")
        if self.name in self.fuse:
            yield Objection(
                ("as",), f"'{self.name}' is one of the scores fused", "a name of its own"
            )
        if self.name in fields:
            yield Objection(("as",), f"'{self.name}' is a field", "a name of its own")
        yield from self._check_weights()
        if self.drop is not None:
            yield from self.drop.check(fields)

    def _check_weights(self) -> Iterator[Objection]:
        if self.weights and self.how != "weighted":
            yield Objection(("weights",), f"how: {self.how} takes no weights", "how: weighted")
        for score, weight in self.weights.items():
            if score not in self.fuse:
                known = tuple(self.fuse)
                yield Objection(("weights", score), f"'{score}' is not fused", candidates=known)
            elif weight <= 0:
                yield Objection(
                    ("weights", score), f"the weight of '{score}' is {weight:g}", "more than 0"
                )
        lacking = [score for score in self.fuse if self.weights and score not in self.weights]
        if lacking:
            yield Objection(
                ("weights",), f"'{lacking[0]}' has no weight", "a weight for every score"
            )

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        from curate.fits.fusion import fusion

        cluster = self._clusters(table, ask)
        parts = self._parts(table).join(cluster, on="pair_id").rename({"cluster": "fold_group"})
        weights = [self.weights.get(score, 1.0) for score in self.fuse]
        fused = ask.fit(fusion(self.how, weights), parts.sort("pair_id"))
        evidence = table.select("pair_id", detail=self._evidence(), group=self._kind())
        scored = evidence.join(fused, on="pair_id").join(cluster, on="pair_id")
        given = fused.select(
            "pair_id",
            pl.col("score").alias(self.name),
            pl.col("mismatched").alias(f"{self.name}_mismatched"),
        )
        said = judge(table, scored, self.drop, ask)
        told = found(said, self.drop)
        return Outcome(said, given, note=told.note, figures=told.figures)

    def _parts(self, table: pl.DataFrame) -> pl.DataFrame:
        """What the fit sees: the scores, their mismatched partners', and whom it learns from."""
        parts = {f"score_{n}": score for n, score in enumerate(self.fuse, 1)}
        lists = {f"mismatched_{n}": f"{score}_mismatched" for n, score in enumerate(self.fuse, 1)}
        there = {name: of for name, of in lists.items() if of in table.columns}
        return table.select("pair_id", learn=learned(table), **parts, **there)

    def _clusters(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """`pair_id`, `cluster`: copies, where it matters that they are."""
        import polars as pl

        by_rate = self.drop is not None and self.drop.expected_mismatch_share is not None
        if self.how == "learned" or by_rate:
            return ask.components().rename({"component": "cluster"})
        return table.select("pair_id", cluster=pl.col("pair_id"))

    def _kind(self) -> pl.Expr:
        """Which of the scores a pair has: a mean of fewer varies more."""
        import polars as pl

        names = [pl.when(pl.col(s).is_not_null()).then(pl.lit(s)) for s in self.fuse]
        return pl.concat_str(names, separator=" ", ignore_nulls=True)

    def _evidence(self) -> pl.Expr:
        """The parts of the score, in words."""
        import polars as pl

        parts = [
            pl.coalesce(
                pl.format(score + " {}", pl.col(score).round(3)), pl.lit(f"without {score}")
            )
            for score in self.fuse
        ]
        return pl.concat_str(parts, separator=", ")
