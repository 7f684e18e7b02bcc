"""Pictures from text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import ConfigDict, Field

from curate.pairs.field import Fields
from curate.steps.side import MODEL
from curate.steps.step import Objection
from curate.steps.synthesis import Synthesis

if TYPE_CHECKING:
    from curate.measures.measure import Measure

ICONS = "pkg:curate/generators/icons"
"""The generator of flat icons that comes with `curate`."""


class Draw(Synthesis):
    """Have a picture drawn of a text by a text-to-image model."""

    model_config = ConfigDict(populate_by_name=True)
    summary: ClassVar[str] = "have pictures drawn of texts"
    leads: ClassVar[str] = "draw"
    examples: ClassVar[tuple[str, ...]] = (
        "- synthesize: {draw: caption, into: image}",
        "- synthesize: {draw: caption, into: image, each: 2, accept: {aligned: {above_quantile: 0.2}}}",
    )
    source_types: ClassVar[tuple[str, ...]] = ("text",)
    made_type: ClassVar[str] = "image"
    asks: ClassVar[tuple[str, ...]] = ("aligned", "safe", "memorised", "collapsed")
    needed: ClassVar[tuple[str, ...]] = ("embedded", "generate")

    draw: str = Field(description="The text field that is the prompt.")
    generator: str = Field(
        ICONS, description="A text-to-image pipeline of diffusers, such as hf:owner/name."
    )
    steps: int | None = Field(
        None,
        ge=1,
        description="How many steps the picture is drawn in; the model's own by default.",
    )
    guidance: float | None = Field(
        None, ge=0, description="How closely it follows the words; the model's own by default."
    )
    precision: Literal["float32", "bfloat16", "float16"] = Field(
        "float32", description="How exactly the model computes."
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        if not MODEL.match(self.generator):
            message = f"'{self.generator}' names no model"
            yield Objection(("generator",), message, "such as hf:owner/name or file:path")

    def maker(self, turn: int, index: int) -> tuple[str, Measure]:
        from curate.measures.picture import picture

        seed = self.seed + index
        return self.generator, picture(
            self.generator, seed, self.steps, self.guidance, self.precision
        )
