"""Foundation encoders: any local folder that a reference locates, turned into unit vectors.

    load_encoder(path).encode(modality, payloads) -> float32 (payloads, width), rows of length one

Read are sentence-transformers' folders, models of the CLIP, SigLIP, ALIGN and CLAP kind as
transformers saves them, and plain text encoders, whose tokens are averaged. A text is read up to
512 tokens or the model's own limit. Payloads are those of
a measure's decoded view: str, RGB arrays, `Waveform`; for video a sequence of RGB frames. What a
network cannot take at once is taken in parts, a long recording in windows and a video in frames,
and its vector is the mean of the parts' vectors, so that a cosine is the mean of the parts' own.

A value depends on the payload and the weights: not on neighbours, order, or number of threads. A
GPU is used where torch sees one, and agrees with the CPU up to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from curate.errors import CurateError
from curate.models.inference import Inference, Row
from curate.models.shapes import Array, Precision
from curate.models.weights import model_name, opening, read_json, safe_folder


class Encoder(Protocol):
    """Contents of some modalities to unit vectors of one space; safe to share among threads."""

    @property
    def modalities(self) -> tuple[str, ...]: ...

    def encode(self, modality: str, payloads: Sequence[Any]) -> Array: ...


class Preparing(Protocol):
    """The part that knows a kind of model: what to give its network for a content."""

    @property
    def modalities(self) -> tuple[str, ...]: ...

    def prepare(self, modality: str, payloads: Sequence[Any]) -> list[list[Row]]:
        """The rows of each payload's parts, at least one."""
        ...


class FolderEncoder:
    """An encoder over one folder's network."""

    def __init__(self, path: Path, kind: Preparing, infer: Inference) -> None:
        self._name = model_name(path)
        self._kind = kind
        self._infer = infer

    @property
    def modalities(self) -> tuple[str, ...]:
        own = self._kind.modalities
        return (*own, "video") if "image" in own else own

    def encode(self, modality: str, payloads: Sequence[Any]) -> Array:
        """Unit vectors, one row per payload."""
        self._check(modality)
        if modality == "video":
            return self._encode_frames(payloads)
        parts = self._kind.prepare(modality, payloads)
        vectors = unit(self._infer([row for rows in parts for row in rows]))
        return pooled(vectors, [len(rows) for rows in parts])

    def _encode_frames(self, videos: Sequence[Sequence[Array]]) -> Array:
        frames = [frame for video in videos for frame in video]
        return pooled(self.encode("image", frames), [len(video) for video in videos])

    def _check(self, modality: str) -> None:
        if modality not in self.modalities:
            able = " and ".join(self._kind.modalities)
            raise CurateError(
                f"{self._name} embeds {able}, not {modality}", "name a model that does"
            )


def load_encoder(path: Path, precision: Precision = "fp32") -> Encoder:
    """The encoder in a folder; `CurateError` says what about the folder cannot be used."""
    from curate.models.sentence import load_sentence
    from curate.models.towers import TOWERS, load_towers

    folder = safe_folder(path)
    layered = (folder / "modules.json").exists()
    is_towers = not layered and read_json(folder / "config.json").get("model_type") in TOWERS
    with opening(folder):
        kind, infer = (load_towers if is_towers else load_sentence)(folder)
    infer.compute_in(precision)
    return FolderEncoder(folder, kind, infer)


def unit(vectors: Array) -> Array:
    """Rows of length one, float32; what has no direction becomes not a number."""
    wide = vectors.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        wide = wide / np.sqrt((wide * wide).sum(axis=1, keepdims=True))
    return np.asarray(wide, dtype=np.float32)


def pooled(vectors: Array, counts: Sequence[int]) -> Array:
    """The direction of the mean of each run of `counts` rows."""
    if all(count == 1 for count in counts):
        return vectors
    runs = np.split(vectors.astype(np.float64), np.cumsum(counts)[:-1])
    return unit(np.stack([run.mean(axis=0) for run in runs]))
