"""Pictures cropped, mirrored, tinted and blurred, in this order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from curate.measures.augment import Chance, computing, drawing
from curate.measures.image import pixels_hash
from curate.measures.measure import Compute, Measure
from curate.pairs.image import encode_png
from curate.pairs.marks import ALTERED, marked


def augment(measure: Measure, models: Mapping[str, Path]) -> Compute:
    return partial(computing, alter=altered)(measure, models)


def altered(pixels: np.ndarray, by: Mapping[str, float], seed: int) -> bytes | None:
    draw = drawing(pixels_hash(pixels), seed)
    image = Image.fromarray(pixels)
    for name, alter in ALTERATIONS.items():
        if name in by:
            image = alter(image, by[name], draw(name))
    made = np.asarray(image)
    return None if np.array_equal(made, pixels) else marked(encode_png(made), ALTERED)


def crop(image: Image.Image, least: float, chance: Chance) -> Image.Image:
    """A part of the same shape that holds at least this share of the area."""
    scale = math.sqrt(chance.uniform(least, 1))
    width, height = (max(1, round(side * scale)) for side in image.size)
    left = int(chance.integers(image.width - width, endpoint=True))
    top = int(chance.integers(image.height - height, endpoint=True))
    return image.crop((left, top, left + width, top + height))


def flip(image: Image.Image, share: float, chance: Chance) -> Image.Image:
    """Left and right exchanged, in this share of the pictures."""
    return ImageOps.mirror(image) if chance.random() < share else image


def colour(image: Image.Image, most: float, chance: Chance) -> Image.Image:
    """Brightness, contrast and saturation, each by a factor between 1 - most and 1 + most."""
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = enhance(image).enhance(chance.uniform(1 - most, 1 + most))
    return image


def blur(image: Image.Image, most: float, chance: Chance) -> Image.Image:
    """A Gaussian of at most so many pixels' standard deviation."""
    return image.filter(ImageFilter.GaussianBlur(chance.uniform(0, most)))


ALTERATIONS: dict[str, Callable[[Image.Image, Any, Chance], Image.Image]] = {
    "crop": crop,
    "flip": flip,
    "colour": colour,
    "blur": blur,
}
