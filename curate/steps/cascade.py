"""A cheap scorer first, the expensive one only where the cheap one leaves a doubt.

The cheap scorer sees every pair. A sample, drawn by hash, goes to both, and teaches what the expensive
one would say of the others. Where that comes nearest to the bound of `drop`, in the order of the
pairs, is in doubt: there the expensive one is asked as well. Everywhere else the prediction is
the score, on the expensive one's scale, and the ledger says that it is one.

That pays where the expensive one brings its own knowledge: a scorer of both sides, or encoders of
one space. One that needs a head learns it from those pairs alone that it sees, and a head learned
from all pairs over cheaper vectors may know better (`benchmarks/results.md`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from curate.pairs.field import Fields
from curate.steps.side import EMBEDDED
from curate.steps.step import Ask, Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.steps.score import Score
    from curate.steps.threshold import Drop

DISTILLED = "distilled"


class Cascade(BaseModel):
    """Which pairs the expensive scorer sees."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cheap: str = Field(
        DISTILLED,
        description="What scores every pair: `distilled` (the embedded encoder, taught by the "
        "expensive one on the sample), `embedded` as it is, or a model reference.",
    )
    precision: Literal["fp32", "fp16", "bf16", "int8"] = Field(
        "fp32", description="How exactly the cheap one computes."
    )
    unsure: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="The share of pairs nearest to where `drop` parts them, the lowest scores "
        "without it, that the expensive one scores too.",
    )
    sample: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="The share of pairs, drawn by hash, that both score: it teaches what the "
        "expensive one would say of the others.",
    )

    @property
    def encoder(self) -> str:
        return EMBEDDED if self.cheap == DISTILLED else self.cheap

    def check(self, step: Score, fields: Fields) -> Iterator[Objection]:
        """What is wrong, with paths that begin at `cascade`."""
        yield from (
            Objection(("cascade", "cheap"), found.message, found.expected)
            for found in self.of(step).check_encoder(fields)
        )
        if step.drop is not None and step.drop.expected_mismatch_share is not None:
            yield Objection(
                ("drop", "expected_mismatch_share"),
                "predictions of a cascade cannot be held against mismatched pairs",
                "below_quantile or below",
            )
        if self.of(step).views(fields) == step.views(fields):
            yield Objection(("cascade", "cheap"), "the cheap scorer is the expensive one")

    def of(self, step: Score) -> Score:
        """The cheap scorer, as a step of its own."""
        plain = {"scorer": None, "cascade": None, "head": None, "drop": None}
        return step.model_copy(
            update={**plain, "encoder": self.encoder, "precision": self.precision}
        )


def scored(step: Score, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
    """What `Score.decide` judges by: `pair_id`, `score`, `error`, `note`, `detail`, `group`,
    `cluster`, `mismatched` (null: of predictions there are none).
    """
    import polars as pl

    cascade = step.cascade
    assert cascade is not None
    known = _cheaply(cascade, step, table, ask)
    sample = _drawn(known["pair_id"], cascade.sample)
    taught = step.expensively(table.join(sample, on="pair_id", how="semi"), ask)
    told = _told(known, taught, ask)
    doubtful = told.filter(_doubtful(told["predicted"], cascade.unsure, step.drop))
    blind = table.join(known, on="pair_id", how="anti").select("pair_id")
    asked = pl.concat([sample, doubtful.select("pair_id"), blind]).unique()
    seen = step.expensively(table.join(asked, on="pair_id", how="semi"), ask)
    return _together(table, told, seen)


def _cheaply(cascade: Cascade, step: Score, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
    """`pair_id`, `fold_group`, `cheap`, and to distil `left`, `right`, of what the cheap one can see."""
    import polars as pl

    cheap = cascade.of(step)
    vectors = cheap.vectors(table, ask)
    scores = cheap.by_vectors(vectors, ask).select("pair_id", cheap="score")
    wanted = ["left", "right"] if cascade.cheap == DISTILLED else []
    known = vectors.join(scores, on="pair_id").drop_nulls("cheap")
    return known.select("pair_id", "fold_group", "learn", "cheap", *(pl.col(n) for n in wanted))


def _drawn(ids: pl.Series, share: float) -> pl.DataFrame:
    from curate.pairs.draw import uniform

    return ids.filter(uniform(ids, 0, "cascade") < share).to_frame("pair_id")


def _told(known: pl.DataFrame, taught: pl.DataFrame, ask: Ask) -> pl.DataFrame:
    """`pair_id`, `cheap`, `predicted`."""
    import polars as pl

    from curate.fits.distilled import distilled

    lessons = taught.select("pair_id", expensive="score")
    table = known.join(lessons, on="pair_id", how="left", maintain_order="left")
    lesson = pl.col("learn") & pl.col("expensive").is_not_null()
    found = ask.fit(distilled(), table.with_columns(learn=lesson))
    return known.select("pair_id", "cheap").join(found, on="pair_id", maintain_order="left")


def _doubtful(predicted: pl.Series, unsure: float, drop: Drop | None) -> pl.Series:
    """Which are nearest to the bound in the order of scores; all, where nothing is predicted."""
    import polars as pl

    if predicted.is_null().any():
        return pl.Series([True]).new_from_index(0, predicted.len())
    rank = predicted.rank("ordinal")
    bound = 0.0
    if drop is not None and drop.below_quantile is not None:
        bound = drop.below_quantile * predicted.len()
    elif drop is not None and drop.below is not None:
        bound = float((predicted < drop.below).sum())
    return (rank - 0.5 - bound).abs().rank("ordinal") <= unsure * predicted.len()


def _together(table: pl.DataFrame, told: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """The expensive score where there is one, else what was predicted; said of each."""
    import polars as pl

    cheap = pl.format("cheap {}", pl.col("cheap").round(3))
    predicted = pl.format("{}, predicted", cheap)
    own = [name for name in ("error", "note", "detail") if name in seen.columns]
    found = (
        table.select("pair_id")
        .join(told, on="pair_id", how="left", maintain_order="left")
        .join(
            seen.select("pair_id", "score", *own), on="pair_id", how="left", maintain_order="left"
        )
    )
    asked = pl.col("pair_id").is_in(seen["pair_id"].implode())
    given = [pl.col("detail")] if "detail" in own else []
    return found.with_columns(
        score=pl.when(asked).then("score").otherwise("predicted"),
        detail=pl.when(asked)
        .then(pl.concat_str([cheap, *given], separator=", ", ignore_nulls=True))
        .otherwise(predicted),
        mismatched=pl.lit(None, pl.List(pl.Float64)),
    )
