"""What is measured of images without any model: header, whole decoding, sharpness."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from curate.errors import Unreadable
from curate.measures.measure import Compute, Measure
from curate.pairs.image import probe_image
from curate.pairs.marks import source_type

SHARPNESS_SIDE = 512
"""Longer side that larger images are reduced to, so that sharpness is comparable."""

HEADER: dict[str, type[pl.DataType]] = {
    "format": pl.String,
    "width": pl.Int32,
    "height": pl.Int32,
    "frames": pl.Int32,
    "source_type": pl.String,
}
DECODED: dict[str, type[pl.DataType]] = {
    "pixels_sha256": pl.String,
    "width": pl.Int32,
    "height": pl.Int32,
}
SHARPNESS: dict[str, type[pl.DataType]] = {"sharpness": pl.Float64}

IMAGE_PROBE = Measure(
    name="image.probe",
    version=3,
    of=("image",),
    returns=HEADER,
    compute="curate.measures.image:probe",
    view="bytes",
    libraries=("pillow",),
    chunk=256,
)
IMAGE_DECODE = Measure(
    name="image.decode",
    version=3,
    of=("image",),
    returns=DECODED,
    compute="curate.measures.image:decode",
    libraries=("pillow", "resvg_py"),
)
IMAGE_SHARPNESS = Measure(
    name="image.sharpness",
    version=1,
    of=("image",),
    returns=SHARPNESS,
    compute="curate.measures.image:sharpness",
    libraries=("pillow", "resvg_py"),
)


def probe(measure: Measure, models: Mapping[str, Path]) -> Compute:
    """Headers; what has none says why in `error`."""
    return lambda payloads: pl.DataFrame(
        [_header(data) for data in payloads], schema={**HEADER, "error": pl.String}, orient="row"
    )


def decode(measure: Measure, models: Mapping[str, Path]) -> Compute:
    """Evidence that an image was decoded whole: the hash of its pixels and their shape."""
    return lambda payloads: pl.DataFrame(
        [(pixels_hash(pixels), pixels.shape[1], pixels.shape[0]) for pixels in payloads],
        schema=DECODED,
        orient="row",
    )


def sharpness(measure: Measure, models: Mapping[str, Path]) -> Compute:
    return lambda payloads: pl.DataFrame(
        {"sharpness": [laplacian_variance(pixels) for pixels in payloads]}, schema=SHARPNESS
    )


def pixels_hash(pixels: np.ndarray) -> str:
    """SHA-256 of an array's shape and bytes."""
    digest = hashlib.sha256("x".join(map(str, pixels.shape)).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def laplacian_variance(pixels: np.ndarray) -> float:
    """Variance of the Laplacian of luma: low where edges are soft, 0 where there is no inside.

    Taken in integers, so that the value is the same on every machine.
    """
    luma = _reduced(pixels).astype(np.int64)
    if min(luma.shape) < 3:
        return 0.0
    inside = luma[1:-1, 1:-1]
    edges = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * inside
    count, total, squares = edges.size, int(edges.sum()), int((edges * edges).sum())
    return (count * squares - total * total) / (count * count)


def _reduced(pixels: np.ndarray) -> np.ndarray:
    image = Image.fromarray(pixels).convert("L")
    scale = SHARPNESS_SIDE / max(image.size)
    if scale < 1:
        width, height = (max(1, round(side * scale)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BOX)
    return np.asarray(image)


def _header(data: bytes) -> tuple[str | int | None, ...]:
    try:
        header = probe_image(data)
    except Unreadable as error:
        return (*[None] * len(HEADER), error.message)
    said = source_type(data)
    return (header.format, header.width, header.height, header.frames, said, None)
