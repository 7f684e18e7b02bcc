"""Films from text."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import ConfigDict, Field

from curate.steps.diffusion import Diffusion

if TYPE_CHECKING:
    from curate.measures.measure import Measure


class Film(Diffusion):
    """Have a silent film made of a text by a text-to-video model."""

    model_config = ConfigDict(populate_by_name=True)
    summary: ClassVar[str] = "have films made of texts"
    leads: ClassVar[str] = "film"
    examples: ClassVar[tuple[str, ...]] = (
        "- synthesize: {film: caption, into: clip, generator: hf:owner/name, frames: 33, rate: 16}",
    )
    source_types: ClassVar[tuple[str, ...]] = ("text",)
    made_type: ClassVar[str] = "video"
    asks: ClassVar[tuple[str, ...]] = ("aligned", "safe", "memorised", "collapsed")

    film: str = Field(description="The text field that is the prompt.")
    generator: str = Field(
        description="A text-to-video pipeline of diffusers, such as hf:owner/name."
    )
    frames: int | None = Field(
        None, ge=2, description="How many frames it has; the model's own number by default."
    )
    width: int | None = Field(None, ge=16, description="Pixels; the model's own by default.")
    height: int | None = Field(None, ge=16, description="Pixels; the model's own by default.")
    rate: float = Field(16, gt=0, le=120, description="Frames shown in a second.")

    def maker(self, turn: int, index: int) -> tuple[str, Measure]:
        from curate.measures.motion import motion

        own = {name: getattr(self, name) for name in ("frames", "width", "height")}
        told = {name: value for name, value in own.items() if value is not None}
        return self.generator, motion(
            self.generator, self.rate, self.seed + index, **self.settings, **told
        )
