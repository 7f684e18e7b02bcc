"""Score how well the sides of a pair belong together by what their contents mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import ConfigDict, Field

from curate.pairs.field import Fields, content_fields, metadata_fields
from curate.steps.cascade import Cascade
from curate.steps.cascade import scored as cascaded
from curate.steps.learning import fold_groups, learned, said
from curate.steps.rounding import moved_scores, moved_vectors, rounding_found
from curate.steps.side import EMBEDDED, EMBEDDED_READS, Side, View, contents_of, no_encoder
from curate.steps.step import Ask, Objection, Outcome, Step
from curate.steps.threshold import Drop, Found, found, judge

if TYPE_CHECKING:
    import polars as pl

    from curate.fits.fit import Fit
    from curate.measures.measure import Measure


class Score(Step):
    """Score how well two sides of a pair belong together; higher is better matched.

    The encoder `embedded` runs anywhere with nothing but installed packages: it places images and
    films among texts by what a classifier sees in them. Any model that sentence-transformers or
    transformers load may take its place (CLIP, SigLIP, CLAP ...), also another one per field. A
    `head` learns from the pairs themselves how the sides correspond, and scores every pair by a
    head that has seen neither it nor its copies; two encoders that share no space need one. A side
    may be several fields, whose vectors are joined. A `scorer` reads both sides at once instead.
    A `cascade` asks a dear encoder or scorer only where a cheap one leaves a doubt.

    Pairs that lack a side are not assessed. Without `drop`, pairs are only scored.
    """

    model_config = ConfigDict(populate_by_name=True)
    word: ClassVar[str] = "align"
    leads: ClassVar[str] = "score"
    summary: ClassVar[str] = "score how well two sides belong together, drop the worst"
    examples: ClassVar[tuple[str, ...]] = (
        "- align: {score: [image, caption], drop: {below_quantile: 0.05}}",
        "- align: {score: [image, caption], drop: {expected_mismatch_share: 0.02}}",
        "- align: {score: [image, caption], encoder: 'hf:openai/clip-vit-base-patch32', head: true}",
        "- align: {score: [[image, speech], caption], encoder: {speech: 'hf:laion/clap-htsat-fused'}}",
        "- align: {score: [image, caption], scorer: 'hf:Salesforce/blip-itm-base-coco'}",
        "- align: {score: [image, caption], scorer: 'file:blip', cascade: {cheap: distilled}}",
    )
    fits: ClassVar[bool] = True

    score: list[str | list[str]] = Field(
        min_length=2,
        max_length=2,
        description="The two sides to compare: a field each, or a list of fields that make one.",
    )
    encoder: str | dict[str, str] = Field(
        EMBEDDED,
        description="What turns contents into vectors: `embedded`, a model reference, or one of "
        "these for each field.",
    )
    scorer: str | None = Field(
        None, description="A model that scores both sides at once, in place of encoders."
    )
    precision: Literal["fp32", "fp16", "bf16", "int8"] = Field(
        "fp32",
        description="How exactly models compute. `bf16` and `fp16` (of models named by reference) "
        "are several times faster where a processor or GPU knows them, and round to about three "
        "digits; `int8` (on processors) is two to three times faster and rounds to about two. Of a "
        "few contents it is computed in full too, and a model that says something else is refused.",
    )
    head: bool | None = Field(
        None,
        description="Whether a head learns from the pairs; by default where an encoder is "
        "`embedded` or the sides share no space.",
    )
    cascade: Cascade | None = Field(
        None,
        description="A cheaper scorer that sees every pair; the encoder or scorer named here sees "
        "only those of which it leaves a doubt, and a sample.",
    )
    within: str | None = Field(
        None,
        description="Metadata field: sides are mismatched within its groups, to learn what chance "
        "alone scores there.",
    )
    name: str = Field("align", alias="as", description="What later steps call the score.")
    drop: Drop | None = Field(None, description="Which pairs go; none when left out.")

    @property
    def title(self) -> str:
        return " ".join([self.word, *contents_of(self.sides)])

    @property
    def judges(self) -> bool:
        return True

    @property
    def sides(self) -> tuple[Side, Side]:
        left, right = (self._side(given) for given in self.score)
        return left, right

    def ordered(self, fields: Fields) -> tuple[Side, Side]:
        """The sides as the head takes them: what has features of its own on the left, so that it
        can be placed in the space of the right.
        """
        left, right = self.sides
        return (
            (right, left)
            if right.has_features(fields) > left.has_features(fields)
            else (left, right)
        )

    @property
    def extras(self) -> tuple[str, ...]:
        used = {encoder for side in self.sides for encoder in side.encoders}
        used = {self.scorer} if self.scorer else used
        if self.cascade is not None:
            used.add(self.cascade.encoder)
        named = {"embedded" if encoder == EMBEDDED else "encoders" for encoder in used}
        return tuple(sorted(named))

    @property
    def gives(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def learns(self) -> bool:
        """Whether a head is learned from the pairs."""
        if self.scorer is not None:
            return False
        left, right = self.sides
        needed = left.space is None or left.space != right.space
        return self.head if self.head is not None else needed or EMBEDDED in left.encoders

    def check(self, fields: Fields) -> Iterator[Objection]:
        able = tuple(content_fields(fields))
        for at, name in self._named():
            if name not in able:
                what = "has no content" if name in fields else "is no field"
                yield Objection((self.leads, *at), f"'{name}' {what}", candidates=able)
        yield from self._check_sides(fields)
        yield from self.check_encoder(fields)
        if self.cascade is not None:
            yield from self.cascade.check(self, fields)
        if self.within is not None and self.within not in metadata_fields(fields):
            known = tuple(metadata_fields(fields))
            yield Objection(("within",), f"'{self.within}' is no metadata field", candidates=known)
        if self.drop is not None:
            yield from self.drop.check(fields)

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        first = self if self.cascade is None else self.cascade.of(self)
        return [(seen.measure, seen.field) for seen in first.views(fields)]

    def views(self, fields: Fields) -> list[View]:
        """How every field becomes vectors; none where a scorer reads both sides at once."""
        if self.scorer is not None:
            return []
        return [seen for side in self.sides for seen in side.views(fields)]

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        scored = self._scored(table, ask)
        given = scored.select(
            "pair_id",
            pl.col("score").alias(self.name),
            pl.col("mismatched").alias(f"{self.name}_mismatched"),
        )
        verdicts = judge(table, scored, self.drop, ask)
        told, rounding = found(verdicts, self.drop), self._rounding(table, ask)
        notes = [note for note in (told.note, rounding.note) if note]
        figures = {**told.figures, **rounding.figures}
        return Outcome(verdicts, given, note="; ".join(notes) or None, figures=figures)

    def _scored(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        return self.expensively(table, ask) if self.cascade is None else cascaded(self, table, ask)

    def expensively(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """What the encoder or scorer named in the step says of these pairs."""
        if self.scorer is not None:
            return self._by_scorer(table, ask)
        return self.by_vectors(self.vectors(table, ask), ask)

    def _rounding(self, table: pl.DataFrame, ask: Ask) -> Found:
        """How far the precision moved what the models say."""
        if self.precision == "fp32":
            return Found(None, {})
        exact = self.model_copy(update={"precision": "fp32"})
        if self.scorer is not None:
            couples = self._couples(table).select("left", "right")
            moved = [moved_scores(self._scores(ask), exact._scores(ask), couples, ask)]
        else:
            views = zip(self.views(ask.fields), exact.views(ask.fields), strict=True)
            moved = [moved_vectors(seen, full, table, ask) for seen, full in views]
        return rounding_found([each for each in moved if each is not None], self.precision)

    def _side(self, given: str | list[str]) -> Side:
        names = (given,) if isinstance(given, str) else tuple(given)
        if isinstance(self.encoder, str):
            return Side(names, (self.encoder,) * len(names), self.precision)
        encoders = tuple(self.encoder.get(name, EMBEDDED) for name in names)
        return Side(names, encoders, self.precision)

    def _named(self) -> Iterator[tuple[tuple[int, ...], str]]:
        """Every field's name with its place in `score`."""
        for at, given in enumerate(self.score):
            if isinstance(given, str):
                yield (at,), given
            else:
                yield from (((at, inner), name) for inner, name in enumerate(given))

    def _check_sides(self, fields: Fields) -> Iterator[Objection]:
        names = contents_of(self.sides)
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Objection((self.leads,), f"'{name}' stands there twice", "two different sides")
        if any(not side.fields for side in self.sides):
            yield Objection(
                (self.leads,), "a side names no field", "one field or more on each side"
            )
        if self.scorer is not None and any(len(side.fields) != 1 for side in self.sides):
            yield Objection(("scorer",), "a scorer reads one field on each side", "two fields")

    def check_encoder(self, fields: Fields) -> Iterator[Objection]:
        named = {name for _, name in self._named() if name in fields}
        if isinstance(self.encoder, dict):
            for name in self.encoder.keys() - named:
                yield Objection(
                    ("encoder", name), f"'{name}' is not scored", candidates=tuple(sorted(named))
                )
        for side in () if self.scorer else self.sides:
            yield from side.check_precision()
            for name, encoder in zip(side.fields, side.encoders, strict=True):
                yield from self._check_reads(name, encoder, fields)
        if self.head is False and not self.scorer and self.learns is False:
            left, right = self.sides
            if left.space is None or left.space != right.space:
                yield Objection(("head",), "sides without a common space need a head", "true")

    def _check_reads(self, name: str, encoder: str, fields: Fields) -> Iterator[Objection]:
        if unnamed := no_encoder(encoder):
            yield unnamed
        kind = fields[name].type if name in fields else None
        if encoder == EMBEDDED and kind is not None and kind not in (*EMBEDDED_READS, "metadata"):
            yield Objection(
                ("encoder",),
                f"'embedded' reads images, texts and films, not the {kind} field '{name}'",
                f"a model for it: encoder: {{{name}: 'hf:owner/name'}}",
            )

    def by_vectors(self, vectors: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """Scores of what `vectors` gave, each by a head that has not seen its pair."""
        whole = vectors.drop_nulls(["left", "right"]).sort("pair_id")
        scored = ask.fit(self.fit, whole.drop("error", "left_key", "right_key"))
        return vectors.select("pair_id", "error", group="null_group", cluster="fold_group").join(
            scored.with_columns(detail=_evidence()),
            on="pair_id",
            how="left",
            maintain_order="left",
        )

    @property
    def fit(self) -> Fit:
        from curate.fits.head import head

        return head(learn=self.learns)

    def vectors(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """What a head learns from and scores: the columns that `curate.fits.head` reads, and
        `left_key`, `right_key`, `error`.
        """
        import polars as pl

        left, right = self.ordered(ask.fields)
        lefts, rights = _keyed(left, table, ask), _keyed(right, table, ask)
        joined = (
            table.select("pair_id", learn=learned(table), null_group=self._null_group())
            .join(fold_groups(table, contents_of(self.sides), ask), on="pair_id")
            .join(lefts, on="pair_id", maintain_order="left")
            .join(rights, on="pair_id", maintain_order="left", suffix="_right")
        )
        shared = left.space is not None and left.space == right.space
        return joined.select(
            "pair_id",
            "fold_group",
            "learn",
            "null_group",
            left="vector",
            right="shared_right" if shared else "vector_right",
            **({"left_in_right": "shared"} if shared else {}),
            left_key="key",
            right_key="key_right",
            error=pl.coalesce("error", "error_right"),
        )

    def _null_group(self) -> pl.Expr:
        import polars as pl

        return pl.col(self.within).cast(pl.String) if self.within else pl.lit(None, pl.String)

    def _by_scorer(self, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        """The scorer's word on every pair and, where it is needed, on mismatches of each."""
        import polars as pl

        pairs = self._couples(table)
        by_rate = self.drop is not None and self.drop.expected_mismatch_share is not None
        groups = fold_groups(table, contents_of(self.sides), ask)
        wrong = _mismatched(pairs.join(groups, on="pair_id")) if by_rate else pairs.clear()
        couples = pl.concat([pairs, wrong], how="diagonal").select("left", "right")
        scored = ask.compare(self._scores(ask), couples)
        told = pairs.join(scored, on=["left", "right"], how="left", maintain_order="left")
        nulls = wrong.join(scored, on=["left", "right"]).group_by("pair_id").agg(mismatched="score")
        return told.join(nulls, on="pair_id", how="left", maintain_order="left").select(
            "pair_id", "error", "score", "mismatched", group="null_group"
        )

    def _scores(self, ask: Ask) -> Measure:
        """What the scorer says of a couple."""
        from curate.measures.encoder import pair_score

        assert self.scorer is not None
        left, right = (ask.fields[side.fields[0]].type for side in self.sides)
        return pair_score(self.scorer, left, right, self.precision)

    def _couples(self, table: pl.DataFrame) -> pl.DataFrame:
        """`pair_id`, `left`, `right`, `null_group` of the pairs that a scorer can read."""
        left, right = (side.fields[0] for side in self.sides)
        return table.select(
            "pair_id",
            left=f"{left}_sha256",
            right=f"{right}_sha256",
            null_group=self._null_group(),
        ).drop_nulls(["left", "right"])


def _mismatched(pairs: pl.DataFrame) -> pl.DataFrame:
    """`pair_id`, `left`, `right`: left sides with right sides that are not theirs."""
    import numpy as np

    from curate.fits.mismatched import partners

    rows, draws = np.nonzero((drawn := partners(pairs, folds=1)) >= 0)
    own, other = pairs[rows], pairs[drawn[rows, draws]]
    return own.select("pair_id", "left").with_columns(right=other["right"])


def _keyed(side: Side, table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
    """The side's vectors; texts that say the same count as one content."""
    vectors = side.vectors(table, ask)
    if len(side.fields) > 1 or ask.fields[side.fields[0]].type != "text":
        return vectors
    texts = table.select("pair_id", key=said(side.fields[0]))
    return vectors.drop("key").join(texts, on="pair_id", maintain_order="left")


def _evidence() -> pl.Expr:
    """The parts of the score, in words."""
    import polars as pl

    head = pl.format("head {}", pl.col("head").round(3))
    zero = pl.format("zero_shot {}", pl.col("zero_shot").round(3))
    return pl.concat_str([head, zero], separator=", ", ignore_nulls=True).replace("", None)
