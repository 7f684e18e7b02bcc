"""A split as torch reads it: a map-style dataset of decoded pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.data import Dataset

from curate.notebook.decoded import Decoded


class TorchPairs(Dataset[dict[str, Any]]):
    """Pictures are uint8 tensors (3, height, width), recordings float32 (channels, frames)."""

    def __init__(
        self, pairs: Decoded, transform: Callable[[dict[str, Any]], Any] | None = None
    ) -> None:
        self.pairs = pairs
        self.transform = transform

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Any:
        row = self.pairs[index]
        for name, modality in self.pairs.media.items():
            if modality in _AXES and row[name] is not None:
                row[name] = torch.from_numpy(row[name].transpose(_AXES[modality]).copy())
        return self.transform(row) if self.transform else row


_AXES = {"image": (2, 0, 1), "audio": (1, 0)}
