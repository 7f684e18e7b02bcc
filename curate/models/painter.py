"""Texts to pictures: any text-to-image pipeline of diffusers, by its reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from curate.models.pipeline import BATCH, Pipeline, Precision, pipeline
from curate.models.shapes import Array


class Painter:
    """Prompts and seeds to pictures, a batch at a time whoever asks."""

    def __init__(self, opened: Pipeline) -> None:
        self._pipeline = opened

    def __call__(self, prompts: Sequence[str], seeds: Sequence[int]) -> list[Array]:
        """An RGB picture (height, width, 3) of bytes for each prompt with its seed."""
        return [levels(made) for made in self._pipeline([{"prompt": p} for p in prompts], seeds)]


def painter(
    reference: str,
    *,
    device: str | None = None,
    precision: Precision = "float32",
    batch: int = BATCH,
    steps: int | None = None,
    guidance: float | None = None,
) -> Painter:
    """The pipeline that a reference names.

    Fewer `steps` draw sooner and worse; more `guidance` follows the words more closely and varies
    less. Without them the folder's own are taken, or else the pipeline's.
    """
    call = {"num_inference_steps": steps, "guidance_scale": guidance}
    return Painter(
        pipeline(
            reference, "text to image", device=device, precision=precision, batch=batch, **call
        )
    )


def levels(made: Any) -> Array:
    """Values of 0 to 1 as bytes."""
    return np.asarray(np.rint(made * 255), dtype=np.uint8)
