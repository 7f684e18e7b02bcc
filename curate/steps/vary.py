"""Pictures from pictures, with a text to go by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import ConfigDict, Field

from curate.pairs.field import Fields
from curate.steps.diffusion import Diffusion
from curate.steps.step import Ask, Objection
from curate.steps.synthesis import typed

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure


class Vary(Diffusion):
    """Have a picture varied by an image-to-image model, or a part of it painted anew.

    What stays too like its original is `memorised`.
    """

    model_config = ConfigDict(populate_by_name=True)
    summary: ClassVar[str] = "have pictures varied"
    leads: ClassVar[str] = "vary"
    examples: ClassVar[tuple[str, ...]] = (
        "- synthesize: {vary: image, into: image, prompt_from: caption, generator: hf:owner/name}",
        "- synthesize: {vary: image, into: image, prompt_from: caption, generator: hf:a/b, repaint: 0.3}",
    )
    source_types: ClassVar[tuple[str, ...]] = ("image",)
    made_type: ClassVar[str] = "image"
    asks: ClassVar[tuple[str, ...]] = ("aligned", "safe", "memorised", "collapsed")

    vary: str = Field(description="The image field that is varied.")
    prompt_from: str = Field(description="The text field that is the prompt.")
    generator: str = Field(
        description="An image-to-image pipeline of diffusers, or one that inpaints where a part is "
        "painted anew, such as hf:owner/name."
    )
    strength: float = Field(
        0.6, gt=0, le=1, description="How much becomes new: of 1 nothing of the original is left."
    )
    repaint: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="The share of the picture that is painted anew, in a box that lies anywhere; all "
        "of it by default.",
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        yield from typed(("prompt_from",), self.prompt_from, ("text",), fields)
        if self.steps is not None and self.steps * self.strength < 1:
            message = f"a strength of {self.strength:g} leaves no step of {self.steps}"
            yield Objection(("steps",), message, "1 / strength or more")

    def prompted(self, fields: Fields) -> str | None:
        return self.prompt_from

    def maker(self, turn: int, index: int) -> tuple[str, Measure]:
        from curate.measures.picture import variation

        own = {"strength": self.strength, "repaint": self.repaint}
        told = {name: value for name, value in own.items() if value is not None}
        return self.generator, variation(self.generator, self.seed + index, **self.settings, **told)

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        return []

    def asked(self, measure: Measure, rows: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        import polars as pl

        couples = rows.select(left=f"{self.vary}_sha256", right=f"{self.prompt_from}_sha256")
        values = ask.compare(measure, couples.drop_nulls())
        found = couples.join(values, on=["left", "right"], how="left", maintain_order="left")
        unsaid = pl.when(pl.col("right").is_null()).then(pl.lit(f"no {self.prompt_from}"))
        return found.select(value="made", error=pl.coalesce("error", unsaid))
