"""Linear layers in 32 bits as oneDNN multiplies them.

torch hands these to MKL, which on processors of other makers than Intel leaves half of their width
unused. oneDNN, which comes with torch and computes what has 16 bits anyway, uses all of it. This is
how torch's own compiler runs linear layers that it has frozen.
"""

from __future__ import annotations

from typing import Any


def pack(network: Any) -> None:
    """Exchange the linear layers of a network that computes on processors; others stay."""
    import torch

    if not torch.backends.mkldnn.is_available():
        return
    packed = {
        layer: _packed(layer)
        for layer in network.modules()
        if type(layer) is torch.nn.Linear and layer.weight.dtype is torch.float32
    }
    for parent in network.modules():
        for name, layer in parent._modules.items():  # children tell each layer once
            if layer in packed:
                setattr(parent, name, packed[layer])


def _packed(layer: Any) -> Any:
    import torch

    class Packed(torch.nn.Module):
        """Its weights are laid out for the kernels alone."""

        def __init__(self) -> None:
            super().__init__()
            self.in_features, self.out_features = layer.in_features, layer.out_features
            self.packed = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach())
            self.bias = layer.bias

        @property
        def weight(self) -> Any:
            """As a linear layer has them, for networks that look."""
            return self.packed.to_dense()

        def forward(self, rows: Any) -> Any:
            known = self.packed, self.bias
            return torch.ops.mkldnn._linear_pointwise(rows, *known, "none", [], "")

    return Packed()
