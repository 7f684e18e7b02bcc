"""Two-tower models as transformers saves them: CLIP, SigLIP, SigLIP2, ALIGN, and CLAP.

Images go through the model's own processor (Pillow's resampling, whatever else is installed),
sound through its feature extractor. The extractor of CLAP crops long recordings by chance; here
no recording is longer than its window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from curate.models.inference import Inference, Row
from curate.models.shapes import Array
from curate.models.sound import mono, windows
from curate.models.tokens import Tokens
from curate.models.weights import SAFE

TOWERS = {
    "align": ("text", "image"),
    "clap": ("text", "audio"),
    "clip": ("text", "image"),
    "siglip": ("text", "image"),
    "siglip2": ("text", "image"),
}
"""`model_type` of a configuration -> what the model embeds."""

FULL_LENGTH = ("siglip", "siglip2")
"""Models that were trained on texts padded to the full length."""


class Towers:
    """Rows for the towers of one model."""

    def __init__(self, folder: Path, config: Any) -> None:
        self.modalities = TOWERS[config.model_type]
        self._tokens = _tokens(folder, config)
        self._media = _processor(folder, self.modalities[1])

    def prepare(self, modality: str, payloads: Sequence[Any]) -> list[list[Row]]:
        if modality == "text":
            return [[row | {"tower": "text"}] for row in self._tokens(payloads)]
        rows = {"image": self._image, "audio": self._audio}[modality]
        return [rows(payload) for payload in payloads]

    def _image(self, pixels: Array) -> list[Row]:
        from PIL import Image

        made = self._media(images=[Image.fromarray(pixels)], return_tensors="np")
        return [_row(made, "image")]

    def _audio(self, waveform: Any) -> list[Row]:
        rate = self._media.sampling_rate
        parts = windows(mono(waveform, rate), self._media.nb_max_samples)
        made = [self._media(part, sampling_rate=rate, return_tensors="np") for part in parts]
        # With no long recording in a batch, the extractor calls one of them long, by chance.
        return [_row(one, "audio") | {"is_longer": np.zeros((1, 1), bool)} for one in made]


def load_towers(folder: Path) -> tuple[Towers, Inference]:
    """The rows and the network of one folder."""
    import torch
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    network = AutoModel.from_pretrained(folder, use_safetensors=True, dtype=torch.float32, **SAFE)
    return Towers(folder, network.config), Inference(network, _forward(network))


def _forward(network: Any) -> Callable[[dict[str, Any]], Any]:
    def forward(inputs: dict[str, Any]) -> Any:
        tower = inputs.pop("tower")
        return getattr(network, f"get_{tower}_features")(**inputs).pooler_output

    return forward


def _processor(folder: Path, modality: str) -> Any:
    from transformers import AutoFeatureExtractor, AutoImageProcessor

    if modality == "audio":
        return AutoFeatureExtractor.from_pretrained(folder, **SAFE)
    return AutoImageProcessor.from_pretrained(folder, backend="pil", **SAFE)


def _tokens(folder: Path, config: Any) -> Tokens:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, **SAFE)
    # RoBERTa, CLAP's text tower, counts positions from behind the padding's number.
    skipped = config.text_config.pad_token_id + 1 if config.model_type == "clap" else 0
    longest = config.text_config.max_position_embeddings - skipped
    longest = min(longest, tokenizer.model_max_length)
    return Tokens(tokenizer, longest, full=config.model_type in FULL_LENGTH)


def _row(features: Any, tower: str) -> dict[str, Any]:
    return {**{name: np.asarray(value) for name, value in features.items()}, "tower": tower}
