"""Pictures from text."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import ConfigDict, Field

from curate.steps.diffusion import Diffusion

if TYPE_CHECKING:
    from curate.measures.measure import Measure

ICONS = "pkg:curate/generators/icons"
"""The generator of flat icons that comes with `curate`."""


class Draw(Diffusion):
    """Have a picture drawn of a text by a text-to-image model."""

    model_config = ConfigDict(populate_by_name=True)
    summary: ClassVar[str] = "have pictures drawn of texts"
    leads: ClassVar[str] = "draw"
    examples: ClassVar[tuple[str, ...]] = (
        "- synthesize: {draw: caption, into: image}",
        "- synthesize: {draw: caption, into: image, each: 2, accept: {aligned: {above_quantile: 0.2}}}",
        "- synthesize: {draw: caption, into: image, sign: {certificate: file:chain.pem, key: SIGNING_KEY}}",
    )
    source_types: ClassVar[tuple[str, ...]] = ("text",)
    made_type: ClassVar[str] = "image"
    asks: ClassVar[tuple[str, ...]] = ("aligned", "safe", "memorised", "collapsed")
    needed: ClassVar[tuple[str, ...]] = ("embedded", "generate")

    draw: str = Field(description="The text field that is the prompt.")
    generator: str = Field(
        ICONS, description="A text-to-image pipeline of diffusers, such as hf:owner/name."
    )

    def maker(self, turn: int, index: int) -> tuple[str, Measure]:
        from curate.measures.picture import picture

        return self.generator, picture(self.generator, self.seed + index, **self.settings)
