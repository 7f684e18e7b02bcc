"""How contents are altered: by what, and how much at most; all of one kind of content."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

OF: dict[str, tuple[str, ...]] = {
    "image": ("crop", "flip", "colour", "blur"),
    "audio": ("speed", "reverberation", "noise", "mask"),
    "text": ("spelling",),
    "sensor": ("scaling", "jitter", "dropout"),
}
"""The names of a modality's alterations, in the order in which they are applied."""

Share = Annotated[float, Field(gt=0, lt=1)]


class Ratio(BaseModel):
    """Decibels that something lies below something else."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    min: float = Field(description="Decibels at least.")
    max: float = Field(description="Decibels at most.")

    @model_validator(mode="after")
    def _in_order(self) -> Ratio:
        if self.min > self.max:
            raise ValueError(f"{self.min:g} to {self.max:g} dB is no range")
        return self


class Alterations(BaseModel):
    """By what a content is altered, each by as much as chance says up to a limit."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    crop: Share | None = Field(
        None, description="Pictures: the least share of the area that is kept."
    )
    flip: float | None = Field(
        None, gt=0, le=1, description="Pictures: the share in which left and right are exchanged."
    )
    colour: Share | None = Field(
        None, description="Pictures: brightness, contrast and saturation up to this share off."
    )
    blur: float | None = Field(
        None, gt=0, le=100, description="Pictures: blur of up to so many pixels."
    )
    speed: float | None = Field(
        None, ge=0.01, le=0.5, description="Recordings: up to this share faster or slower."
    )
    reverberation: float | None = Field(
        None, gt=0, le=10, description="Recordings: a room whose echo takes up to so many seconds."
    )
    noise: Ratio | None = Field(None, description="Recordings: noise so many decibels below them.")
    mask: Share | None = Field(
        None,
        description="Recordings: a stretch of time and a band of frequencies, each up to this "
        "share, are left out.",
    )

    spelling: Share | None = Field(
        None, description="Texts: this share of the longer words, one at least, is misspelt."
    )
    scaling: Share | None = Field(
        None, description="Streams: each channel by a factor of up to this share off."
    )
    jitter: float | None = Field(
        None,
        gt=0,
        le=10,
        description="Streams: noise up to this share of what a channel varies by.",
    )
    dropout: Share | None = Field(
        None, description="Streams: a stretch of up to this share has no values."
    )

    @model_validator(mode="after")
    def _of_one_kind(self) -> Alterations:
        given = self.given
        if not given:
            raise ValueError(f"names no alteration, such as {', '.join(OF['image'])}")
        if not any(set(given) <= set(names) for names in OF.values()):
            raise ValueError(f"{' and '.join(given)} are of different kinds of contents")
        return self

    @property
    def given(self) -> dict[str, Any]:
        """Alterations by name, with their limits."""
        return self.model_dump(exclude_none=True)

    @property
    def modality(self) -> str:
        """Of what they can be applied to."""
        return next(kind for kind, names in OF.items() if set(self.given) <= set(names))

    def but(self, name: str) -> Alterations | None:
        """The same without one; None if that was all."""
        rest = {key: value for key, value in self.given.items() if key != name}
        return Alterations(**rest) if rest else None
