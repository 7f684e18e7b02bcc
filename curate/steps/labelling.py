"""What all steps that fill a field share: of which pairs, how surely, and what becomes of it.

Asked are the pairs that lack the field, those whose value is weak, and a part of those that have
one, the **gold** part: how often its labels are correct says how far confidence can be trusted.
From then on confidence is the probability that a label is correct, as its form understands it
(`curate.fits.calibration`), as far as pairs that lack a value are like those that have one. Gold
pairs keep what they have, and so does what a person decided. With too few gold pairs confidence
stays the form's own, and the ledger says so of every label.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from curate.errors import DataError
from curate.pairs.field import Fields
from curate.pairs.origin import COLLECTED, LABELLED
from curate.steps.expression import beyond_the_row, names_in
from curate.steps.learning import learned
from curate.steps.step import Ask, Objection, Outcome, Step
from curate.steps.synthesis import typed

if TYPE_CHECKING:
    import polars as pl

GOLD_MOST = 1000
"""Gold pairs that are enough, however many there are."""


@dataclass(frozen=True)
class Labelled:
    """What a form says of the pairs that it was asked about."""

    rows: pl.DataFrame
    """`pair_id`, `value`, `confidence` (in [0, 1], higher is surer, null where there is no value),
    `generator`, `prompt`, `settings` (canonical JSON of what else was chosen), `seed`, and `error`
    where a pair could not be labelled; what is always null may be left out."""
    note: str | None = None
    """What it found over all pairs, in a line for people."""


class Labelling(Step):
    """Base of the steps that fill a field; a subclass says what with, by `label`."""

    word: ClassVar[str] = "pseudo_label"
    source_types: ClassVar[tuple[str, ...]]
    """The modalities that can be labelled."""
    fill_types: ClassVar[tuple[str, ...]]
    """The modalities that labels can be of."""

    fill: str = Field(description="The field that is filled.")
    min_confidence: float = Field(
        0.5, ge=0, le=1, description="The probability of being correct that a label must have."
    )
    replace: str | None = Field(
        None,
        description="When a value that is there is weak, so that a label may take its place: an SQL "
        "condition over the row's texts, metadata and scores.",
    )
    gold: float = Field(
        0.2,
        gt=0,
        le=1,
        description="Share of the pairs that have a value which are labelled too, so that confidence "
        f"can be held against the truth; at most {GOLD_MOST} pairs.",
    )

    @property
    def sources(self) -> tuple[str, ...]:
        """The fields that labels are made of: what stands behind the leading word."""
        given = getattr(self, self.leads)
        return (given,) if isinstance(given, str) else tuple(given)

    @property
    def title(self) -> str:
        return " ".join([self.word, self.leads, *self.sources])

    @property
    def fills(self) -> tuple[str, ...]:
        return (self.fill,)

    def check(self, fields: Fields) -> Iterator[Objection]:
        for name in self.sources:
            yield from typed((self.leads,), name, self.source_types, fields)
        yield from typed(("fill",), self.fill, self.fill_types, fields)
        if self.fill in self.sources:
            yield Objection(("fill",), f"'{self.fill}' cannot be filled from itself")
        if self.replace is not None:
            yield from _check_condition(self.replace)

    def label(self, table: pl.DataFrame, asked: pl.Series, ask: Ask) -> Labelled:
        """Labels for the pairs `asked` (ids) of a table in which weak values stand as null.

        A form that learns may learn from pairs that have a value, are not asked, and may be
        learned from at all (`curate.steps.learning.learned`); or from all of them, if no pair is
        told anything by what has seen it or its copies.
        """
        raise NotImplementedError

    def correct(self, labels: pl.DataFrame, ask: Ask) -> pl.Series:
        """Whether each `value` is correct, given the `truth` beside it; equal, unless a form says
        otherwise. Null where it cannot be told.
        """
        return labels["value"] == labels["truth"]

    def errors(self, labels: pl.DataFrame, ask: Ask) -> dict[str, pl.Series]:
        """By the name of a rate, each label's `errors` and what they are out of (`of`), as structs;
        none, unless a form can count errors within a label.
        """
        return {}

    @property
    def correctness(self) -> str:
        """What `correct` means, in words for a report."""
        return "equal to the value that was hidden"

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        weak = _holds(table, self.replace)
        asked = self._asked(table.with_columns(weak), ask)
        hidden = pl.when(~weak).then(pl.col(self.fill)).alias(self.fill)
        told = self.label(table.with_columns(hidden), asked["pair_id"], ask)
        labels, note = self._calibrated(asked, _whole(told.rows), ask)
        wanted = labels.filter("wanted").with_columns(
            accepted=(pl.col("confidence") >= self.min_confidence).fill_null(value=False)
        )
        return Outcome(
            self._verdicts(table, wanted),
            changed=self._changed(table, wanted),
            made=_made(wanted, self.fill),
            note=_note(wanted, told.note, note),
        )

    def _asked(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """`pair_id`, `wanted`, `truth` (of gold pairs), `replaced`, `fold_group` (copies share one)."""
        import polars as pl

        from curate.pairs.draw import uniform

        there = pl.col(self.fill).is_not_null()
        rows = table.select(
            "pair_id",
            wanted=(~there | pl.col("weak")) & ~reviewed(table, self.fill),
            known=there & ~pl.col("weak") & learned(table),
            said=pl.col(self.fill).cast(pl.String),
        ).join(_groups(ask), on="pair_id", maintain_order="left")
        share = min(self.gold, GOLD_MOST / max(1, int(rows["known"].sum())))
        gold = rows["known"] & (uniform(rows["fold_group"], 0, "gold") < share)
        return rows.filter(rows["wanted"] | gold).select(
            "pair_id",
            "wanted",
            "fold_group",
            truth=pl.when(~pl.col("wanted")).then("said"),
            replaced=pl.when("wanted").then("said"),
        )

    def _calibrated(
        self, asked: pl.DataFrame, labels: pl.DataFrame, ask: Ask
    ) -> tuple[pl.DataFrame, str | None]:
        """Labels whose confidence is a probability, and a word where that cannot be."""
        import polars as pl

        from curate.fits.calibration import CALIBRATION

        rows = asked.join(labels, on="pair_id", how="left", maintain_order="left")
        judged = rows.filter(pl.col("truth").is_not_null() & pl.col("value").is_not_null())
        right = judged.select("pair_id").with_columns(self.correct(judged, ask).alias("correct"))
        known = rows.select("pair_id", "fold_group", "confidence").join(
            right, on="pair_id", how="left", maintain_order="left"
        )
        found = ask.fit(CALIBRATION, known.sort("pair_id"))
        note = found["note"].drop_nulls().unique().sort()
        told = found.select("pair_id", confidence="probability", doubt="note")
        calibrated = rows.drop("confidence").join(told, on="pair_id", maintain_order="left")
        return calibrated, note[0] if note.len() else None

    def _verdicts(self, table: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
        import polars as pl

        from curate.ledger.verdict import verdicts

        filled = pl.when(pl.col("replaced").is_null()).then(pl.lit("filled"))
        said = wanted.select(
            "pair_id",
            verdict=pl.when("accepted").then(pl.lit("change")),
            reason=pl.when("accepted")
            .then(pl.format("{} {}", pl.lit(self.fill), filled.otherwise(pl.lit("replaced"))))
            .when(pl.col("value").is_null())
            .then(pl.lit(f"{self.fill} could not be labelled"))
            .otherwise(pl.lit(f"label of {self.fill} not confident")),
            score="confidence",
            threshold=pl.when(pl.col("value").is_not_null()).then(pl.lit(self.min_confidence)),
            detail=pl.coalesce("error", "doubt"),
        )
        pairs = table.select("pair_id")
        return verdicts(pairs.join(said, on="pair_id", how="left", maintain_order="left"))

    def _changed(self, table: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
        """A synthetic pair stays one whatever is filled in, and a collected one whose metadata are:
        its contents are what fits learn from.
        """
        import polars as pl

        content = f"{self.fill}_sha256" in table.columns
        collected = (pl.col("origin") == COLLECTED) & content
        labelled = pl.when(collected).then(pl.lit(LABELLED))
        taken = wanted.filter("accepted").join(table.select("pair_id", "origin"), on="pair_id")
        return taken.select(
            "pair_id",
            self._held(taken["value"], table.schema[self.fill]),
            origin=labelled.otherwise("origin"),
        )

    def _held(self, values: pl.Series, kind: pl.DataType) -> pl.Series:
        """Labels as their column holds them: texts, numbers or truth values."""
        import polars as pl

        if kind == pl.Boolean:
            truth = {"true": True, "false": False}
            held = values.replace_strict(truth, default=None, return_dtype=pl.Boolean)
        else:
            held = values.cast(kind, strict=False)
        wrong = values.filter(held.is_null())
        if wrong.len():
            holds = "truth values" if kind == pl.Boolean else "numbers"
            message = f"{self.title}: '{self.fill}' holds {holds}, and '{wrong[0]}' is none"
            raise DataError(message, "fill another field")
        return held.alias(self.fill)


def reviewed(table: pl.DataFrame, name: str) -> pl.Series:
    """Whether a person has decided what a field holds, pair by pair."""
    import polars as pl

    if "reviewed" not in table.columns:
        return pl.repeat(value=False, n=table.height, eager=True)
    return table["reviewed"].list.contains(name).fill_null(value=False)


def _holds(table: pl.DataFrame, condition: str | None) -> pl.Series:
    """Whether a condition holds, row by row; where it says neither it does not."""
    import polars as pl

    if condition is None:
        return pl.repeat(value=False, n=table.height, eager=True).alias("weak")
    try:
        holds = table.select(weak=pl.sql_expr(condition).fill_null(False).cast(pl.Boolean))
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"the condition replace: {condition} fails on this data: {error}",
            "it may use texts, metadata, and scores of earlier steps",
        ) from error
    return holds.to_series()


def _check_condition(condition: str) -> Iterator[Objection]:
    foreign = beyond_the_row(condition, ())
    used = names_in(condition) if foreign is None else []
    if foreign is not None:
        message = f"a condition cannot read tables, and '{foreign}' would"
        yield Objection(("replace",), message, "a condition over the row's own columns")
    elif isinstance(used, str):
        message = f"the condition cannot be read: {used}"
        yield Objection(("replace",), message, "an SQL condition")


def _groups(ask: Ask) -> pl.DataFrame:
    return ask.components().rename({"component": "fold_group"})


def _whole(rows: pl.DataFrame) -> pl.DataFrame:
    """What a form said of each pair, what it left out as null."""
    import polars as pl

    kinds = {
        "value": pl.String,
        "confidence": pl.Float64,
        "generator": pl.String,
        "prompt": pl.String,
        "settings": pl.String,
        "seed": pl.Int64,
        "error": pl.String,
    }
    empty = [
        pl.lit(None, kind).alias(name) for name, kind in kinds.items() if name not in rows.columns
    ]
    return rows.with_columns(empty).select(
        "pair_id", *(pl.col(n).cast(k) for n, k in kinds.items())
    )


def _made(wanted: pl.DataFrame, fill: str) -> pl.DataFrame:
    import polars as pl

    from curate.ledger.made import made

    return made(wanted.filter(pl.col("value").is_not_null()).with_columns(field=pl.lit(fill)))


def _note(wanted: pl.DataFrame, *more: str | None) -> str:
    taken = int(wanted["accepted"].sum())
    return "; ".join([f"{taken} of {wanted.height} labelled", *(one for one in more if one)])
