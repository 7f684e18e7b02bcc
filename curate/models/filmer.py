"""Texts to films: any text-to-video pipeline of diffusers, by its reference."""

from __future__ import annotations

from collections.abc import Sequence

from curate.models.painter import levels
from curate.models.pipeline import Pipeline, Precision, pipeline
from curate.models.shapes import Array

BATCH = 1
"""Films are large."""


class Filmer:
    """Prompts and seeds to the frames of films."""

    def __init__(self, opened: Pipeline) -> None:
        self._pipeline = opened

    def __call__(self, prompts: Sequence[str], seeds: Sequence[int]) -> list[Array]:
        """RGB frames (frames, height, width, 3) of bytes for each prompt with its seed."""
        return [levels(made) for made in self._pipeline([{"prompt": p} for p in prompts], seeds)]


def filmer(
    reference: str,
    *,
    frames: int | None = None,
    width: int | None = None,
    height: int | None = None,
    device: str | None = None,
    precision: Precision = "float32",
    batch: int = BATCH,
    steps: int | None = None,
    guidance: float | None = None,
) -> Filmer:
    """The pipeline that a reference names; what is None is as the pipeline has it."""
    call = {
        "num_frames": frames,
        "width": width,
        "height": height,
        "num_inference_steps": steps,
        "guidance_scale": guidance,
    }
    return Filmer(
        pipeline(reference, "text to film", device=device, precision=precision, batch=batch, **call)
    )
