"""Near-duplicate images: a perceptual hash that proposes, and a small picture that decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from curate.measures.measure import Compute, Measure

SIDE = 32

IMAGE_PDQ = Measure(
    name="image.pdq",
    version=1,
    of=("image",),
    returns={"pdq": pl.Binary, "pdq_quality": pl.Int64},
    compute="curate.measures.image_duplicate:pdq",
    libraries=("pdqhash",),
)
"""PDQ: 256 bits in 32 bytes that similar pictures nearly share, and how much detail fed them, 0
to 100 (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019)."""

IMAGE_THUMBNAIL = Measure(
    name="image.thumbnail",
    version=1,
    of=("image",),
    returns={"thumbnail": pl.Binary, "aspect": pl.Float64},
    compute="curate.measures.image_duplicate:thumbnail",
    libraries=("pillow",),
    params={"side": SIDE},
)
"""The whole picture at 32 by 32 RGB pixels, each the mean of its area (3,072 bytes), and the
picture's width over height."""


def pdq(measure: Measure, models: Mapping[str, Path]) -> Compute:
    import pdqhash

    def compute(images: Sequence[np.ndarray]) -> pl.DataFrame:
        found = [pdqhash.compute(np.ascontiguousarray(image)) for image in images]
        return pl.DataFrame(
            {
                "pdq": [np.packbits(bits).tobytes() for bits, _ in found],
                "pdq_quality": [int(quality) for _, quality in found],
            }
        )

    return compute


def thumbnail(measure: Measure, models: Mapping[str, Path]) -> Compute:
    from PIL import Image

    def small(image: np.ndarray) -> bytes:
        picture = Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BOX)
        return picture.tobytes()

    def compute(images: Sequence[np.ndarray]) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "thumbnail": [small(image) for image in images],
                "aspect": [image.shape[1] / image.shape[0] for image in images],
            }
        )

    return compute
