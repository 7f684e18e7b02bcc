"""Cross-encoders: networks that read two contents together and say how well they match.

Read are BLIP's image-text matching, whose score is the probability of a match, and
sentence-transformers' cross-encoders of two texts, whose score is what `predict` says.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from curate.errors import CurateError
from curate.models.inference import Inference, Row
from curate.models.sentence import open_model, text_rows
from curate.models.shapes import Array, Precision
from curate.models.tokens import Tokens
from curate.models.weights import SAFE, model_name, opening, read_json, safe_folder

BLIP = "BlipForImageTextRetrieval"


class Scorer(Protocol):
    """Ordered pairs of contents to scores, higher is better matched; safe among threads."""

    modalities: tuple[str, str]

    def score(self, pairs: Sequence[tuple[Any, Any]]) -> Array:
        """float64 (pairs,)."""
        ...


class ImageTextScorer:
    """How likely a BLIP takes an image and a text for a match."""

    modalities = ("image", "text")

    def __init__(self, folder: Path, precision: Precision) -> None:
        import torch
        from transformers import AutoImageProcessor, AutoTokenizer, BlipForImageTextRetrieval
        from transformers.utils import logging

        logging.disable_progress_bar()
        network = BlipForImageTextRetrieval.from_pretrained(
            folder, use_safetensors=True, dtype=torch.float32, **SAFE
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, **SAFE)
        longest = network.config.text_config.max_position_embeddings
        self._images = AutoImageProcessor.from_pretrained(folder, backend="pil", **SAFE)
        self._tokens = Tokens(tokenizer, min(longest, tokenizer.model_max_length))
        self._infer = Inference(network, _matching(network))
        self._infer.compute_in(precision)

    def score(self, pairs: Sequence[tuple[Any, Any]]) -> Array:
        texts = self._tokens([text for _, text in pairs])
        rows = [self._row(image, row) for (image, _), row in zip(pairs, texts, strict=True)]
        return _softmax(self._infer(rows))[:, 1]

    def _row(self, pixels: Array, text: Row) -> Row:
        from PIL import Image

        made = self._images(images=[Image.fromarray(pixels)], return_tensors="np")
        used = {name: text[name] for name in ("input_ids", "attention_mask")}
        return used | {"pixel_values": np.asarray(made["pixel_values"])}


class TextScorer:
    """A cross-encoder of two texts."""

    modalities = ("text", "text")

    def __init__(self, folder: Path, precision: Precision) -> None:
        from sentence_transformers import CrossEncoder

        self._model = open_model(CrossEncoder, folder)
        if self._model.num_labels != 1:
            raise CurateError(
                f"{model_name(folder)} says {self._model.num_labels} things of a pair, not one score",
                "name a cross-encoder with one label",
            )
        self._tokenizing = threading.Lock()
        self._infer = Inference(self._model, self._forward)
        self._infer.compute_in(precision)

    def score(self, pairs: Sequence[tuple[Any, Any]]) -> Array:
        with self._tokenizing:
            rows = text_rows(self._model, [tuple(pair) for pair in pairs])
        return self._infer(rows).reshape(len(pairs)).astype(np.float64)

    def _forward(self, inputs: dict[str, Any]) -> Any:
        return self._model.activation_fn(self._model(inputs)["scores"])


def load_scorer(path: Path, precision: Precision = "fp32") -> Scorer:
    """The scorer in a folder; `CurateError` says what about the folder cannot be used."""
    folder = safe_folder(path)
    kinds = read_json(folder / "config.json").get("architectures") or []
    with opening(folder):
        if BLIP in kinds:
            return ImageTextScorer(folder, precision)
        if any(kind.endswith("ForSequenceClassification") for kind in kinds):
            return TextScorer(folder, precision)
    said = f"is {kinds[0]}" if kinds else "does not say what it is"
    raise CurateError(
        f"{model_name(folder)} {said}, which scores no pairs",
        f"known: {BLIP}, and sequence classification with one label",
    )


def _matching(network: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda inputs: network(**inputs, use_itm_head=True).itm_score


def _softmax(logits: Array) -> Array:
    wide = logits.astype(np.float64)
    powers = np.exp(wide - wide.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
