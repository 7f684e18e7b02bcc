"""Speech from text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import ConfigDict, Field

from curate.pairs.field import Fields
from curate.pairs.identity import canonical_json
from curate.steps.step import Ask, Objection
from curate.steps.synthesis import Synthesis

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure

HEART = "hibari:heart"
_KINDS = ("hibari", "espeak", "hf", "file", "pkg")


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
    asks: ClassVar[tuple[str, ...]] = ("heard",)
    needed: ClassVar[tuple[str, ...]] = ("speech",)

    speak: str = Field(description="The text field that is spoken.")
    voices: tuple[str, ...] = Field(
        (HEART,),
        min_length=1,
        description="`hibari:heart`, `espeak:` and a voice of espeak-ng, or a text-to-waveform "
        "model such as hf:owner/name.",
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        for place, voice in enumerate(self.voices):
            if voice.partition(":")[0] not in _KINDS or not voice.partition(":")[2]:
                message = f"'{voice}' is no voice"
                yield Objection(("voices", place), message, "such as hibari:heart or espeak:en-gb")

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        from curate.measures.speech import speech

        return [(speech(voice, self.seed), self.speak) for voice in self.voices]

    def make(self, parents: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        import polars as pl

        from curate.measures.speech import speech

        turns = parents.select(
            "pair_id",
            "index",
            key=f"{self.speak}_sha256",
            prompt=self.speak,
            turn=pl.col("place") % len(self.voices),
            seed=pl.col("index") + self.seed,
        )
        made = []
        for (turn, seed), part in turns.partition_by("turn", "seed", as_dict=True).items():
            voice, measure = self.voices[turn], speech(self.voices[turn], seed)
            spoken = ask.measure(measure, part["key"]).select("key", "error", value="made")
            settings = canonical_json({"voice": voice, **measure.params})
            named = part.with_columns(generator=pl.lit(voice), settings=pl.lit(settings))
            made.append(named.join(spoken, on="key", how="left", maintain_order="left"))
        every = pl.concat(made).drop("key", "turn")
        return turns.select("pair_id", "index").join(
            every, on=["pair_id", "index"], maintain_order="left"
        )
