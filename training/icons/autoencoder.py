"""Pictures (64, 64, 3) to latents (16, 8, 8) and back: diffusers' AutoencoderDC, trained here.

The loss is L1 + MSE, differences of neighbouring pixels for the outlines, and the mean colour of
patches, without which flat colours drift. Channels of the latents are held near mean 0 and spread
1, and noise on them keeps what decodes near what the diffusion will draw.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn.functional import avg_pool2d

from training.icons.progress import Progress

CONFIG: dict[str, Any] = {
    "latent_channels": 16,
    "encoder_block_types": "ResBlock",
    "decoder_block_types": "ResBlock",
    "encoder_block_out_channels": (32, 32, 64, 128),
    "decoder_block_out_channels": (32, 32, 64, 128),
    "encoder_layers_per_block": (0, 1, 1, 1),
    "decoder_layers_per_block": (0, 1, 1, 2),
    "encoder_qkv_multiscales": ((), (), (), ()),
    "decoder_qkv_multiscales": ((), (), (), ()),
}
BATCH, RATE, NOISE = 16, 2e-3, 0.2


def autoencoder() -> Any:
    from diffusers import AutoencoderDC

    return AutoencoderDC(**CONFIG)


def signed(pixels: torch.Tensor) -> torch.Tensor:
    """Bytes (n, 64, 64, 3) to numbers (n, 3, 64, 64) from -1 to 1."""
    return pixels.permute(0, 3, 1, 2).float() / 127.5 - 1


def train(draw: Callable[[int], torch.Tensor], steps: int, progress: Progress) -> Any:
    """An autoencoder of the pictures that are drawn, so many at a time."""
    device = progress.device
    network = autoencoder().to(device).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.05)
    loss_of = torch.compile(lambda wanted: _loss(network, wanted))
    for _step in progress.steps("autoencoder", steps, network, optimizer, schedule):
        wanted = signed(draw(BATCH).to(device))
        loss = loss_of(wanted.contiguous(memory_format=torch.channels_last))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        progress.tell(loss.item())
    return network.eval()


def _loss(network: Any, wanted: torch.Tensor) -> torch.Tensor:
    latents = network.encode(wanted).latent
    spread = latents.std((0, 2, 3), keepdim=True)
    noise = torch.rand(len(wanted), 1, 1, 1, device=wanted.device) * NOISE * spread.detach()
    drawn = network.decode(latents + noise * torch.randn_like(latents)).sample
    centred = latents.mean((0, 2, 3)).square().mean() + (spread - 1).square().mean()
    return _difference(drawn, wanted) + 0.01 * centred


def _difference(drawn: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    off = drawn - wanted
    edges = off.diff(dim=2).abs().mean() + off.diff(dim=3).abs().mean()
    patches = avg_pool2d(off, 8).abs().mean()
    return off.abs().mean() + off.square().mean() + 0.25 * edges + 0.5 * patches


@torch.no_grad()
def encoded(network: Any, pixels: torch.Tensor, device: str) -> torch.Tensor:
    """Latents (n, 16, 8, 8) of pictures."""
    parts = [network.encode(signed(part.to(device))).latent.cpu() for part in pixels.split(64)]
    return torch.cat(parts)


@torch.no_grad()
def faithfulness(network: Any, pixels: torch.Tensor, device: str) -> float:
    """Peak signal-to-noise ratio in decibels, the mean over pictures."""
    wanted = signed(pixels.to(device))
    drawn = network.decode(network.encode(wanted).latent).sample.clamp(-1, 1)
    errors = (drawn - wanted).square().mean((1, 2, 3))
    return float((10 * torch.log10(4 / errors)).mean())
