"""What all steps share that have a pipeline of diffusers make something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from curate.pairs.field import Fields
from curate.steps.side import MODEL
from curate.steps.step import Objection
from curate.steps.synthesis import Synthesis


class Diffusion(Synthesis):
    """Base of the steps that draw, vary and film."""

    needed: ClassVar[tuple[str, ...]] = ("generate",)

    generator: str = Field(description="A pipeline of diffusers, such as hf:owner/name.")
    steps: int | None = Field(
        None,
        ge=1,
        description="In how many steps it is made; as many as the model's own by default.",
    )
    guidance: float | None = Field(
        None, ge=0, description="How closely it follows the words; the model's own by default."
    )
    precision: Literal["float32", "bfloat16", "float16"] = Field(
        "float32", description="How exactly the model computes; less takes half the memory."
    )
    batch: int | None = Field(
        None, ge=1, description="How many are made at a time; fewer take less memory."
    )

    def check(self, fields: Fields) -> Iterator[Objection]:
        yield from super().check(fields)
        if not MODEL.match(self.generator):
            message = f"'{self.generator}' names no model"
            yield Objection(("generator",), message, "such as hf:owner/name or file:path")

    @property
    def settings(self) -> dict[str, Any]:
        """What is said to the generator; where nothing is said its own ways go."""
        names = ("steps", "guidance", "precision", "batch")
        told = {name: getattr(self, name) for name in names}
        return {name: value for name, value in told.items() if value is not None}
