"""Exported networks whose weights and inputs are whole numbers of 8 bits.

About a quarter of the bytes are moved and two to three times as many rows are seen in a second.
A network's inputs are brought to whole numbers by their range: measured anew for each input
(`scaled_anew`; whoever runs it gives it one content at a time, so that a value does not depend on
neighbours), or once for good over examples (`scaled_for_good`), which networks of convolutions
need. The examples are drawn here, from numbers: no picture of anybody's is in a network.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from curate.models.shapes import Array


def in_eight_bits(kind: str) -> str:
    """How the cache tells such a network from the one that it was made of."""
    return f"{kind}/int8/1/{metadata.version('onnxruntime')}"


def scaled_anew(network: bytes) -> bytes:
    """Whole numbers in products of matrices, each input scaled by its own range."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    def quantise(source: str, target: str) -> None:
        quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8)

    return _made(network, quantise)


def scaled_for_good(network: bytes, examples: Sequence[Mapping[str, Array]]) -> bytes:
    """Whole numbers throughout, scaled by the ranges that these inputs have in every layer."""
    from onnxruntime.quantization import QuantType, quantize_static

    def quantise(source: str, target: str) -> None:
        quantize_static(
            source,
            target,
            _Examples(examples),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )

    return _made(network, quantise)


def pictures(side: int, count: int) -> Array:
    """Patches of colour and smooth shades on white and on colour, uint8 (count, side, side, 3)."""
    return np.stack([_picture(np.random.default_rng(seed), side, seed) for seed in range(count)])


def _picture(chance: np.random.Generator, side: int, seed: int) -> Array:
    from PIL import Image

    cells = int(chance.integers(2, 24))
    way = Image.Resampling.BICUBIC if seed % 2 else Image.Resampling.NEAREST
    colours = chance.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
    whole = np.asarray(Image.fromarray(colours).resize((side, side), way))
    if seed % 4:
        return whole
    shape = Image.fromarray((chance.random((6, 6)) > 0.5).astype(np.uint8) * 255)
    inside = np.asarray(shape.resize((side, side)))[..., None] > 127
    return np.where(inside, whole, np.uint8(255))


class _Examples:
    """What onnxruntime's calibration reads."""

    def __init__(self, examples: Sequence[Mapping[str, Array]]) -> None:
        self._left: Iterator[Any] = iter(examples)

    def get_next(self) -> Any:
        return next(self._left, None)


@contextlib.contextmanager
def _own_log() -> Iterator[None]:
    """The tools log to everybody's log, and give it a handler for good where it has none."""
    kept = logging.NullHandler()
    logging.getLogger().addHandler(kept)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(kept)


def _made(network: bytes, quantise: Callable[[str, str], None]) -> bytes:
    """The network through onnxruntime's tools, which go from file to file."""
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder, _own_log():
        source, ready, target = (Path(folder, f"{name}.onnx") for name in ("a", "b", "c"))
        source.write_bytes(network)
        quant_pre_process(str(source), str(ready), skip_symbolic_shape=True)
        quantise(str(ready), str(target))
        return target.read_bytes()
