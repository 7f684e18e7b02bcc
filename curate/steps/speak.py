"""Speech from text."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import ConfigDict, Field

from curate.pairs.identity import canonical_json
from curate.steps.step import Ask
from curate.steps.synthesis import Synthesis

if TYPE_CHECKING:
    import polars as pl


class Speak(Synthesis):
    """Have a text spoken, the voices taking turns."""

    model_config = ConfigDict(populate_by_name=True)
    summary: ClassVar[str] = "have texts spoken"
    leads: ClassVar[str] = "speak"
    examples: ClassVar[tuple[str, ...]] = (
        "- synthesize: {speak: caption, into: speech, accept: {heard: {wer_below: 0.1}}}",
        "- synthesize: {speak: caption, into: speech, targets: {at_most: 0.3}}",
    )
    source_types: ClassVar[tuple[str, ...]] = ("text",)
    made_type: ClassVar[str] = "audio"

    speak: str = Field(description="The text field that is spoken.")
    voices: tuple[str, ...] = Field(
        ("hibari:heart",), min_length=1, description="Voices, each as `engine:name`."
    )

    @property
    def extras(self) -> tuple[str, ...]:
        return ("speech",)

    def make(self, parents: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        import polars as pl

        from curate.measures.speech import speech

        voices = [self.voices[place % len(self.voices)] for place in parents["place"]]
        rows = parents.select(
            "pair_id", "index", key=f"{self.speak}_sha256", prompt=self.speak
        ).with_columns(generator=pl.Series(voices, dtype=pl.String))
        made = []
        for (voice, index), part in rows.partition_by("generator", "index", as_dict=True).items():
            spoken = ask.measure(speech(str(voice), self.seed, int(index)), part["key"])  # type: ignore[call-overload]
            values = spoken.select("key", "error", value="made")
            made.append(part.join(values, on="key", how="left", maintain_order="left"))
        settings = canonical_json({})
        return (
            pl.concat(made)
            .with_columns(settings=pl.lit(settings), seed=pl.lit(self.seed, pl.Int64))
            .drop("key")
        )
