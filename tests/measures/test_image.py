"""Header, whole decoding and sharpness of images, as the engine calls them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageFilter

from curate.measures.image import (
    IMAGE_DECODE,
    IMAGE_PROBE,
    IMAGE_SHARPNESS,
    laplacian_variance,
    pixels_hash,
)
from curate.measures.measure import Measure

PIXELS = np.random.default_rng(1).integers(0, 256, (30, 50, 3), dtype=np.uint8)


def measured(measure: Measure, payloads: Sequence[Any]) -> pl.DataFrame:
    module, _, factory = measure.compute.partition(":")
    frame: pl.DataFrame = getattr(importlib.import_module(module), factory)(measure, {})(payloads)
    values = {name: kind for name, kind in frame.schema.items() if name != "error"}
    assert values == dict(measure.returns)
    return frame


def jpeg() -> bytes:
    out = BytesIO()
    Image.fromarray(PIXELS).save(out, "JPEG")
    return out.getvalue()


def test_probe_keeps_order_and_tells_failures() -> None:
    frame = measured(IMAGE_PROBE, [jpeg(), b"", b"junk", jpeg()])
    assert frame.rows() == [
        ("JPEG", 50, 30, 1, None, None),
        (None, None, None, None, None, "the file is empty"),
        (None, None, None, None, None, "not an image: it begins with 6a 75 6e 6b"),
        ("JPEG", 50, 30, 1, None, None),
    ]


@pytest.mark.parametrize("measure", [IMAGE_PROBE, IMAGE_DECODE, IMAGE_SHARPNESS])
def test_nothing_gives_nothing(measure: Measure) -> None:
    assert measured(measure, []).is_empty()


def test_decode() -> None:
    frame = measured(IMAGE_DECODE, [PIXELS, PIXELS[::-1]])
    assert frame["width"].to_list() == [50, 50]
    assert frame["height"].to_list() == [30, 30]
    assert frame["pixels_sha256"].n_unique() == 2


def test_the_hash_is_of_pixels_and_shape() -> None:
    assert pixels_hash(PIXELS) == pixels_hash(np.asfortranarray(PIXELS))
    assert pixels_hash(PIXELS) != pixels_hash(PIXELS.reshape(50, 30, 3))


def test_sharpness_against_its_definition() -> None:
    luma = np.asarray(Image.fromarray(PIXELS).convert("L")).astype(float)
    kernel = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    edges = sum(
        kernel[dy][dx] * luma[dy : dy + 28, dx : dx + 48] for dy in range(3) for dx in range(3)
    )
    assert laplacian_variance(PIXELS) == pytest.approx(np.var(edges))


def test_blur_lowers_sharpness() -> None:
    image = Image.fromarray(PIXELS)
    values = [
        laplacian_variance(np.asarray(image.filter(ImageFilter.GaussianBlur(radius))))
        for radius in (0, 1, 3)
    ]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("shape", [(1, 1), (2, 900), (900, 2), (1, 5000)])
def test_images_without_an_inside(shape: tuple[int, int]) -> None:
    assert laplacian_variance(np.zeros((*shape, 3), dtype=np.uint8)) == 0


def test_large_images_are_reduced() -> None:
    smooth = np.linspace(0, 255, 2048).astype(np.uint8)
    assert laplacian_variance(np.broadcast_to(smooth[:, None, None], (2048, 600, 3))) < 5


@given(
    st.lists(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))),
    st.integers(1, 4),
)
def test_values_do_not_depend_on_batches(images: list[np.ndarray], size: int) -> None:
    for measure in (IMAGE_DECODE, IMAGE_SHARPNESS):
        whole = measured(measure, images)
        parts = [measured(measure, images[at : at + size]) for at in range(0, len(images), size)]
        assert not parts or whole.equals(pl.concat(parts))
