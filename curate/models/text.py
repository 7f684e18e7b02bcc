"""Sentence encoders: a folder in sentence-transformers' layout, run in fixed shapes.

Only the plain kind is understood: a BERT-like network in safetensors, mean or first-token
pooling, unit length. Anything else says so instead of giving other vectors than its makers meant.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from curate.errors import CurateError, MissingExtra
from curate.models.export import Session, session, to_onnx
from curate.models.quantised import in_eight_bits, scaled_anew
from curate.models.shapes import BATCH, LENGTHS, Array, Precision, bucket, in_batches


class TextEncoder:
    """Texts to unit vectors; safe to call from many threads at once."""

    def __init__(self, folder: Path, precision: Precision = "fp32") -> None:
        try:
            from tokenizers import Tokenizer
        except ImportError as error:
            raise MissingExtra("the text encoder", "embedded") from error
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._lengths = _lengths(folder)
        self._tokenizer.enable_truncation(self._lengths[-1])
        self._size = 1 if precision == "int8" else BATCH
        self._session = _load(folder, precision)

    def __call__(self, texts: Sequence[str]) -> Array:
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        lengths = np.array([bucket(len(ids), self._lengths) for ids in tokens], dtype=np.int64)
        parts = {size: np.flatnonzero(lengths == size) for size in sorted(set(lengths.tolist()))}
        vectors = [self._encode([tokens[i] for i in rows], n) for n, rows in parts.items()]
        order = np.argsort(np.concatenate(list(parts.values())), kind="stable")
        return np.concatenate(vectors)[order]

    def _encode(self, tokens: Sequence[Sequence[int]], length: int) -> Array:
        """Texts of one length; padding is -1 until it is masked."""
        ids = np.full((len(tokens), length), -1, dtype=np.int64)
        for row, item in zip(ids, tokens, strict=True):
            row[: len(item)] = item
        return in_batches(ids, self._run, self._size)[0]

    def _run(self, ids: Array) -> list[Array]:
        mask = ids >= 0
        return self._session.run(
            None, {"ids": np.where(mask, ids, 0), "mask": mask.astype(np.int64)}
        )


def _lengths(folder: Path) -> tuple[int, ...]:
    """The declared lengths, up to what the model reads."""
    longest = int(_json(folder / "sentence_bert_config.json").get("max_seq_length") or LENGTHS[-1])
    return (*(size for size in LENGTHS if size < longest), min(longest, LENGTHS[-1]))


def _pooling(folder: Path) -> str:
    """`mean` or `cls`; the two ways that the folder may ask for."""
    asked = _json(folder / "1_Pooling" / "config.json")
    if not asked or asked.get("pooling_mode") in ("mean", "cls"):
        return str(asked.get("pooling_mode", "mean"))
    modes = {name for name, on in asked.items() if name.startswith("pooling_mode_") and on is True}
    known = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
    if len(modes) != 1 or not modes <= known.keys():
        raise CurateError(f"the text encoder pools by {sorted(modes)}", "mean and cls are read")
    return known[modes.pop()]


def _json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def _load(folder: Path, precision: Precision) -> Session:
    weights = folder / "model.safetensors"
    if not weights.exists():
        raise CurateError(f"{folder} holds no model.safetensors", "convert it to safetensors")
    pooling = _pooling(folder)
    kind = f"text/{pooling}/1"
    if precision != "int8":
        return session(weights, kind, lambda: _export(folder, pooling, BATCH))
    # Inputs are scaled by their own range: a text beside others would be rounded as they are.
    return session(
        weights, in_eight_bits(kind), lambda: scaled_anew(_export(folder, pooling, batch=1))
    )


def _export(folder: Path, pooling: str, batch: int) -> bytes:
    try:
        import torch
        from transformers import AutoModel
        from transformers.utils import logging
    except ImportError as error:
        raise MissingExtra("the text encoder", "embedded") from error

    class Sentence(torch.nn.Module):
        def __init__(self, network: Any) -> None:
            super().__init__()
            self.network = network

        def forward(self, ids: Any, mask: Any) -> Any:
            states = self.network(input_ids=ids, attention_mask=mask).last_hidden_state
            weight = mask[:, :, None].to(states.dtype)
            mean = (states * weight).sum(1) / weight.sum(1)
            return torch.nn.functional.normalize(states[:, 0] if pooling == "cls" else mean, dim=1)

    logging.disable_progress_bar()
    network = AutoModel.from_pretrained(
        folder, local_files_only=True, use_safetensors=True, trust_remote_code=False
    )
    example = tuple(torch.ones((batch, LENGTHS[0]), dtype=torch.int64) for _ in ("ids", "mask"))
    length = torch.export.Dim("length", min=2, max=LENGTHS[-1])
    return to_onnx(Sentence(network), example, dynamic_shapes=({1: length}, {1: length}))
