"""Speech from text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import ConfigDict, Field

from curate.pairs.field import Fields
from curate.steps.step import Objection
from curate.steps.synthesis import Synthesis

if TYPE_CHECKING:
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

    @property
    def turns(self) -> int:
        return len(self.voices)

    def maker(self, turn: int, index: int) -> tuple[str, Measure]:
        from curate.measures.speech import speech

        return self.voices[turn], speech(self.voices[turn], self.seed + index)
