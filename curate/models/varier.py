"""Pictures to pictures: any image-to-image or inpainting pipeline of diffusers, by its reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from curate.models.painter import levels
from curate.models.pipeline import BATCH, Pipeline, Precision, Task, pipeline
from curate.models.shapes import Array

GRAIN = 16
"""Pixels that both sides of a picture are a multiple of, as autoencoders want it."""
SIDE = 512
"""Pixels of the longer side, of pipelines that do not say what they were made for."""


class Varier:
    """Pictures, prompts and seeds to variations, in batches of one size and one shape.

    A variation has its picture's shape; its longer side is what the pipeline was made for. Of a
    picture that is repainted in part, every pixel outside of that part is the original's.
    """

    def __init__(self, opened: Pipeline, strength: float, repaint: float | None) -> None:
        self._pipeline, self._repaint = opened, repaint
        self._side = opened.side or SIDE
        self._same = {"strength": strength} if opened.takes("strength") else {}

    def __call__(
        self, images: Sequence[Array], prompts: Sequence[str], seeds: Sequence[int]
    ) -> list[Array]:
        """An RGB picture (height, width, 3) of bytes for each."""
        scaled = [_scaled(image, self._side) for image in images]
        made: list[Array] = [np.zeros(0)] * len(scaled)
        shapes = [image.shape for image in scaled]
        for shape in dict.fromkeys(shapes):
            places = [place for place, other in enumerate(shapes) if other == shape]
            found = self._of_one_shape(
                [scaled[place] for place in places],
                [prompts[place] for place in places],
                [seeds[place] for place in places],
            )
            for place, picture in zip(places, found, strict=True):
                made[place] = picture
        return made

    def _of_one_shape(
        self, images: list[Array], prompts: list[str], seeds: list[int]
    ) -> list[Array]:
        from PIL import Image

        rows: list[dict[str, Any]] = [
            {"prompt": prompt, "image": Image.fromarray(image)}
            for prompt, image in zip(prompts, images, strict=True)
        ]
        masks = [
            self._mask(image.shape[:2], seed) for image, seed in zip(images, seeds, strict=True)
        ]
        if self._repaint is not None:
            for row, mask in zip(rows, masks, strict=True):
                row["mask_image"] = Image.fromarray(np.where(mask, 255, 0).astype(np.uint8))
        height, width = images[0].shape[:2]
        sides = {"height": height, "width": width}
        same = {**self._same, **{n: v for n, v in sides.items() if self._pipeline.takes(n)}}
        made = [levels(each) for each in self._pipeline(rows, seeds, **same)]
        return [np.where(m[:, :, None], n, o) for m, n, o in zip(masks, made, images, strict=True)]

    def _mask(self, shape: tuple[int, ...], seed: int) -> Array:
        """Whether each pixel is painted anew: in a box of the picture's own shape, anywhere."""
        if self._repaint is None:
            return np.ones(shape, dtype=bool)
        chance = np.random.default_rng(seed)
        size = [max(1, round(side * self._repaint**0.5)) for side in shape]
        top, left = (
            int(chance.integers(0, side - s + 1)) for side, s in zip(shape, size, strict=True)
        )
        mask = np.zeros(shape, dtype=bool)
        mask[top : top + size[0], left : left + size[1]] = True
        return mask


def varier(
    reference: str,
    *,
    strength: float,
    repaint: float | None = None,
    device: str | None = None,
    precision: Precision = "float32",
    batch: int = BATCH,
    steps: int | None = None,
    guidance: float | None = None,
) -> Varier:
    """The pipeline that a reference names.

    Of `strength` 1 nothing of the original is left, of little strength nothing is new; pipelines that
    edit by their prompt alone know none. `repaint` is the share of a picture that is painted anew.
    """
    task: Task = "image to image" if repaint is None else "inpainting"
    call = {"num_inference_steps": steps, "guidance_scale": guidance}
    opened = pipeline(reference, task, device=device, precision=precision, batch=batch, **call)
    return Varier(opened, strength, repaint)


def _scaled(image: Array, side: int) -> Array:
    from PIL import Image

    scale = side / max(image.shape[:2])
    height, width = (max(1, round(each * scale / GRAIN)) * GRAIN for each in image.shape[:2])
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))
