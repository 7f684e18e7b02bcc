"""One network on one device: rows in, values out, the same for a row whatever runs beside it.

Rows of equal shape go through the network in batches of one declared size, so that a kernel adds
up in the same order whoever the neighbours are. A GPU runs one batch at a time while other threads
read and prepare what comes next. Processors run a batch each, on one of torch's threads, which
saves them the waiting for one another that many threads in one batch cost.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np

from curate.errors import CurateError
from curate.models.linear import pack
from curate.models.shapes import Array, Precision

BATCH = 32
"""Rows of every batch that a foundation model sees."""

AT_ONCE = 8
"""Batches in flight on processors, at most; each needs memory for what its layers say."""

Row: TypeAlias = Mapping[str, Any]
"""What a network is given of one content: arrays (1, ...), and plain values that steer it."""


class Inference:
    """Runs `forward` over rows; safe to call from many threads at once.

    What a network makes by itself while it runs is made on its own device.
    """

    def __init__(self, network: Any, forward: Callable[[dict[str, Any]], Any]) -> None:
        import torch

        self._dtype = torch.float32
        self._size = BATCH
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.backends.cudnn.allow_tf32 = False  # convolutions would round as nothing else does
        self._network = network.to(self._device).eval()
        self._forward = forward
        self._gate = _gate(self._device.type)

    def compute_in(self, precision: Precision) -> None:
        """From now on compute so: in half the bits two to five times faster where the device knows
        them, with whole numbers of 8 bits on processors alone.
        """
        import torch

        if precision == "int8":
            self._quantise()
        elif precision != "fp32":
            self._dtype = torch.bfloat16 if precision == "bf16" else torch.float16
            self._network.to(self._dtype)
        if self._device.type == "cpu":
            pack(self._network)

    def _quantise(self) -> None:
        """Linear layers with weights of 8 bits. What goes in is scaled by its own range, so that a
        row is run alone: beside others its value would depend on theirs.
        """
        from torch.ao.quantization import per_channel_dynamic_qconfig, quantize_dynamic
        from torch.nn import Linear

        if self._device.type != "cpu":
            raise CurateError(
                f"precision: int8 does not run on {self._device.type}",
                "bf16 or fp16 do; CUDA_VISIBLE_DEVICES='' leaves the work to the processor",
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch means to move this elsewhere
            how = {Linear: per_channel_dynamic_qconfig}
            self._network = quantize_dynamic(self._network, how, inplace=True)
        self._size = 1

    def __call__(self, rows: Sequence[Row]) -> Array:
        """Values in the order of the rows, float32 (rows, ...)."""
        groups: dict[Any, list[int]] = {}
        for number, row in enumerate(rows):
            groups.setdefault(_shape(row), []).append(number)
        parts = [self._group([rows[n] for n in numbers]) for numbers in groups.values()]
        order = np.argsort([n for numbers in groups.values() for n in numbers], kind="stable")
        return np.concatenate(parts)[order]

    def _group(self, rows: Sequence[Row]) -> Array:
        size = self._size if _stacks(rows[0]) else 1
        starts = range(0, len(rows), size)
        return np.concatenate([self._batch(rows[start : start + size], size) for start in starts])

    def _batch(self, rows: Sequence[Row], size: int) -> Array:
        full = [*rows, *[rows[0]] * (size - len(rows))]
        inputs = {name: _joined([row[name] for row in full]) for name in full[0]}
        return self._run(inputs)[: len(rows)]

    def _run(self, inputs: Row) -> Array:
        import torch

        tensors = {name: self._placed(value) for name, value in inputs.items()}
        with self._gate, torch.inference_mode(), self._device:
            values = self._forward(tensors)
            return np.asarray(values.float().cpu().numpy())

    def _placed(self, value: Any) -> Any:
        import torch

        if not isinstance(value, np.ndarray):
            return value
        tensor = torch.from_numpy(value).to(self._device)
        return tensor.to(self._dtype) if tensor.is_floating_point() else tensor


@cache
def _gate(device: str) -> threading.Semaphore:
    """Lets in as many batches as a device runs at once, and shares torch's threads among them."""
    import torch

    if device != "cpu":
        return threading.Semaphore(1)
    threads = torch.get_num_threads()
    at_once = min(threads, AT_ONCE)
    torch.set_num_threads(threads // at_once)
    return threading.Semaphore(at_once)


def _joined(values: Sequence[Any]) -> Any:
    if not isinstance(values[0], np.ndarray):
        return values[0]
    return np.concatenate(values) if len(values) > 1 else values[0]


def _shape(row: Row) -> tuple[Any, ...]:
    return tuple(
        (name, value.shape, value.dtype.str) if isinstance(value, np.ndarray) else (name, value)
        for name, value in row.items()
    )


def _stacks(row: Row) -> bool:
    """Whether every array has its content as first axis; patches of many images in one do not."""
    arrays = [value for value in row.values() if isinstance(value, np.ndarray)]
    return all(array.ndim > 1 and array.shape[0] == 1 for array in arrays)
