"""Yahoo's Open-NSFW: how likely a picture is pornographic, and nothing else.

A network of 2016 (BSD-2-Clause), fed as its makers fed it (`classify_nsfw.py` of yahoo/open_nsfw):
the whole picture at 256 by 256 whatever its shape, once through JPEG, the inner 224 by 224, channels
in the order blue, green, red less the means of its training set.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np

from curate.models.export import open_network
from curate.models.shapes import Array, in_batches

SIDE, INNER = 256, 224
MEANS = np.array([104.0, 117.0, 123.0], dtype=np.float32)
"""Of blue, green and red."""
QUALITY = 75
"""Of the JPEG: what Pillow takes by itself, and took then."""


class NsfwClassifier:
    """RGB pictures to probabilities; safe to call from many threads at once."""

    def __init__(self, path: Path) -> None:
        self._session = open_network(path.read_bytes())
        (self._name,) = (each.name for each in self._session.get_inputs())

    def __call__(self, images: Sequence[Array]) -> Array:
        """float32 (images,), 0 to 1."""
        (found,) = in_batches(np.stack([_prepared(image) for image in images]), self._run)
        return found[:, 1]

    def _run(self, pixels: Array) -> list[Array]:
        return self._session.run(None, {self._name: pixels})


def _prepared(image: Array) -> Array:
    from PIL import Image

    small = Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    file = BytesIO()
    small.save(file, "JPEG", quality=QUALITY)
    edge = (SIDE - INNER) // 2
    with Image.open(file) as again:
        pixels = np.asarray(again, dtype=np.float32)[edge : edge + INNER, edge : edge + INNER]
    return pixels[:, :, ::-1] - MEANS
