"""Models in sentence-transformers' layout, and plain text encoders, which it averages over tokens.

Every content is prepared by itself, so that neither padding nor a processor's habits reach from
one to another. A text is always handed over as a text: a caption that is a link is not fetched.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from curate.errors import CurateError
from curate.models.inference import Inference, Row
from curate.models.shapes import Array, bucket
from curate.models.sound import mono
from curate.models.tokens import LENGTHS, lengths_up_to
from curate.models.weights import SAFE, first_module, model_name

MODALITIES = ("text", "image", "audio")
"""What is handed over of what a model may say that it reads."""


class SentenceRows:
    """Rows for one model of sentence-transformers."""

    def __init__(self, model: Any) -> None:
        self.modalities = tuple(name for name in MODALITIES if name in model.modalities)
        self._model = model
        self._prompt = model.prompts.get(model.default_prompt_name)
        self._tokenizing = threading.Lock()

    def prepare(self, modality: str, payloads: Sequence[Any]) -> list[list[Row]]:
        if modality == "text":
            with self._tokenizing:
                return [[row] for row in text_rows(self._model, payloads, self._prompt)]
        given: Callable[[Any], Any] = _picture
        if modality == "audio":
            given = partial(_recording, _rate(self._model))
        return [[_row(self._model.preprocess([given(payload)]))] for payload in payloads]


def load_sentence(folder: Path) -> tuple[SentenceRows, Inference]:
    """The rows and the network of one folder."""
    from sentence_transformers import SentenceTransformer

    model = open_model(SentenceTransformer, folder)
    rows = SentenceRows(model)
    if not rows.modalities:
        raise CurateError(f"{model_name(folder)} embeds {model.modalities}", "name another model")
    return rows, Inference(model, lambda inputs: model(inputs)["sentence_embedding"])


def open_model(kind: Callable[..., Any], folder: Path) -> Any:
    """A model of sentence-transformers from safetensors, in float32."""
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()
    weights = {"use_safetensors": True, "dtype": torch.float32}
    model = kind(str(folder), device="cpu", model_kwargs=weights, **SAFE)
    _use_pillow(model, first_module(folder))
    return model


def _use_pillow(model: Any, folder: Path) -> None:
    """Images resampled by Pillow, whether or not torchvision is installed."""
    from transformers import AutoImageProcessor

    processor = getattr(model[0], "processor", None)
    if processor is not None and hasattr(processor, "image_processor"):
        pillow = AutoImageProcessor.from_pretrained(folder, backend="pil", **SAFE)
        processor.image_processor = pillow


def text_rows(model: Any, texts: Sequence[Any], prompt: str | None = None) -> list[Row]:
    """Rows of texts, or of pairs of texts, each padded to a declared length.

    Models that read whole conversations, and those that look words up, are given text by text.
    """
    given = [{"text": text} if "image" in model.modalities else text for text in texts]
    if "message" in model.modalities or not hasattr(model[0], "processor"):
        return [_row(model.preprocess([text], prompt=prompt)) for text in given]
    lengths = lengths_up_to(model.max_seq_length or LENGTHS[-1])
    whole = model.preprocess(given, prompt=prompt, processing_kwargs=_padded(lengths[-1], True))
    rows: dict[int, Row] = {}
    sizes = [bucket(int(n), lengths) for n in whole["attention_mask"].sum(dim=1)]
    for size in set(sizes):
        numbers = [number for number, own in enumerate(sizes) if own == size]
        some = [given[number] for number in numbers]
        made = model.preprocess(some, prompt=prompt, processing_kwargs=_padded(size, "max_length"))
        rows |= zip(numbers, _rows(made, len(numbers)), strict=True)
    return [rows[number] for number in range(len(given))]


def _padded(length: int, padding: bool | str) -> dict[str, Any]:
    return {"text": {"padding": padding, "truncation": True, "max_length": length}}


def _row(features: Any) -> Row:
    return {name: _plain(value) for name, value in features.items()}


def _rows(features: Any, count: int) -> list[Row]:
    row = _row(features)
    return [
        {name: v[n : n + 1] if isinstance(v, np.ndarray) else v for name, v in row.items()}
        for n in range(count)
    ]


def _plain(value: Any) -> Any:
    return value.numpy() if hasattr(value, "numpy") else value


def _picture(pixels: Array) -> Any:
    from PIL import Image

    return Image.fromarray(pixels)


def _recording(rate: int, waveform: Any) -> dict[str, Any]:
    return {"array": mono(waveform, rate), "sampling_rate": rate}


def _rate(model: Any) -> int:
    """Frames per second that the model's feature extractor was made for."""
    processor = getattr(model[0], "processor", None)
    extractor = getattr(processor, "feature_extractor", processor)
    return int(getattr(extractor, "sampling_rate", 16_000))
