"""Linear layers that are packed say what they said before."""

from __future__ import annotations

import pytest
import torch

from curate.models.linear import pack


class Network(torch.nn.Module):  # type: ignore[misc]
    """Two layers of one set of weights, one without a bias, and one in 16 bits."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Linear(48, 48)
        self.again = self.first
        self.inner = torch.nn.Sequential(torch.nn.GELU(), torch.nn.Linear(48, 7, bias=False))
        self.last = torch.nn.Linear(7, 7, dtype=torch.bfloat16)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.last(self.inner(self.again(self.first(rows))).bfloat16())


@pytest.mark.parametrize("shape", [(1, 48), (5, 48), (3, 5, 48)])
def test_a_packed_network_says_the_same(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    network, rows = Network().eval(), torch.randn(shape)
    with torch.inference_mode():
        before = network(rows)
        pack(network)
        after = network(rows)
    assert after.shape == before.shape
    assert torch.allclose(after, before, atol=1e-2)  # bfloat16 at the end


def test_only_layers_of_32_bits_are_packed() -> None:
    network = Network()
    pack(network)
    kinds = [type(layer).__name__ for layer in network.modules()]
    assert (kinds.count("Linear"), kinds.count("Packed")) == (1, 2)
    assert network.first is network.again


def test_who_looks_at_the_weights_finds_them() -> None:
    network = Network()
    before = network.inner[1].weight.detach().clone()
    pack(network)
    assert torch.equal(network.inner[1].weight, before)
