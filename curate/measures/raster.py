"""Vector pictures as pixels, for releases that every reader can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from curate.measures.measure import Compute, Measure

IMAGE_RASTER = Measure(
    name="image.raster",
    version=1,
    of=("image",),
    returns={"png": pl.Binary, "png_sha256": pl.String},
    compute="curate.measures.raster:raster",
    libraries=("pillow", "resvg-py"),
)
"""The decoded picture as a PNG file's bytes, and their SHA-256."""


def raster(measure: Measure, models: Mapping[str, Path]) -> Compute:
    from curate.pairs.identity import content_hash
    from curate.pairs.image import encode_png

    def compute(images: Sequence[Any]) -> pl.DataFrame:
        files = [encode_png(image) for image in images]
        return pl.DataFrame({"png": files, "png_sha256": [content_hash(file) for file in files]})

    return compute
