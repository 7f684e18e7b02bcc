"""Captions to latents: diffusers' PixArt transformer, trained here by flow matching.

The network sees a mixture (1 - s) x + s e of latents and noise and says e - x, at s drawn from a
logit-normal (Esser et al., Scaling Rectified Flow Transformers, 2024). A caption is MiniLM's states
of its first 12 tokens; 10 % of captions are left empty, so that guidance can be used. What is kept
is the running mean of the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from training.icons.progress import Progress

WIDTH, HEADS, LAYERS = 256, 4, 6
CONFIG: dict[str, Any] = {
    "num_attention_heads": HEADS,
    "attention_head_dim": WIDTH // HEADS,
    "cross_attention_dim": WIDTH,
    "num_layers": LAYERS,
    "in_channels": 16,
    "out_channels": 16,
    "sample_size": 8,
    "patch_size": 2,
    "caption_channels": 384,
    "use_additional_conditions": False,
    "norm_type": "ada_norm_single",
    "interpolation_scale": 1,
}
TOKENS = 12
BATCH, RATE, WARM, DROPPED, KEPT = 64, 1e-3, 200, 0.1, 0.999


@dataclass(frozen=True)
class Captions:
    """States (n, 12, 384) and masks (n, 12) of texts; the last is the empty text."""

    states: torch.Tensor
    masks: torch.Tensor

    @classmethod
    def read(cls, folder: Path, texts: Sequence[str]) -> Captions:
        from transformers import AutoModel, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        network = AutoModel.from_pretrained(folder, local_files_only=True).eval()
        parts = []
        for first in range(0, len(texts) + 1, 256):
            batch = [*texts, ""][first : first + 256]
            tokens = tokenizer(
                batch, padding="max_length", max_length=TOKENS, truncation=True, return_tensors="pt"
            )
            ids, mask = tokens["input_ids"], tokens["attention_mask"]
            with torch.no_grad():
                states = network(input_ids=ids, attention_mask=mask).last_hidden_state
            parts.append((states.to(torch.bfloat16), mask))
        return cls(*(torch.cat(part) for part in zip(*parts, strict=True)))


@dataclass(frozen=True)
class Lessons:
    """What is drawn from: latents (n, 16, 8, 8), and for each its captions' rows and its weight.

    `captions` is (n, k), filled up by repetition; `weights` (n,) sum to anything. Latents times
    `scale` have spread 1.
    """

    latents: torch.Tensor
    captions: torch.Tensor
    weights: torch.Tensor
    scale: float

    def draw(self, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        rows = torch.multinomial(self.weights, count, replacement=True)
        which = torch.randint(self.captions.shape[1], (count,))
        return self.latents[rows] * self.scale, self.captions[rows, which]


class Mean(torch.nn.Module):
    """The running mean of a network's weights."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        from copy import deepcopy

        self.network = deepcopy(network).eval().requires_grad_(False)

    @torch.no_grad()
    def follow(self, network: torch.nn.Module, step: int) -> None:
        kept = min(KEPT, (1 + step) / (10 + step))
        mine, theirs = list(self.network.parameters()), list(network.parameters())
        torch._foreach_lerp_(mine, theirs, 1 - kept)


def transformer() -> Any:
    from diffusers import PixArtTransformer2DModel

    return PixArtTransformer2DModel(**CONFIG)


def train(lessons: Lessons, captions: Captions, steps: int, progress: Progress) -> Any:
    """The mean network after so many steps."""
    network = transformer().to(progress.device)
    mean = Mean(network)
    optimizer = torch.optim.AdamW(
        network.parameters(), RATE, betas=(0.9, 0.99), weight_decay=0.01, fused=True
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps))
    loss_of = torch.compile(_loss)
    for step in progress.steps("transformer", steps, network, mean, optimizer, schedule):
        loss = loss_of(network, *_batch(lessons, captions, progress.device))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        mean.follow(network, step)
        progress.tell(loss.item())
    return mean.network


def _rate(step: int, steps: int) -> float:
    """Warm, level, and falling to nothing over the last third."""
    return min((step + 1) / WARM, 1.0, max(0.02, 3 * (steps - step) / steps))


def _batch(lessons: Lessons, captions: Captions, device: str) -> tuple[torch.Tensor, ...]:
    latents, rows = lessons.draw(BATCH)
    rows = torch.where(torch.rand(BATCH) < DROPPED, len(captions.states) - 1, rows)
    return tuple(part.to(device) for part in (latents, captions.states[rows], captions.masks[rows]))


def _loss(
    network: Any, latents: torch.Tensor, states: torch.Tensor, masks: torch.Tensor
) -> torch.Tensor:
    noise = torch.randn_like(latents)
    level = torch.randn(len(latents), device=latents.device).sigmoid()
    at = level[:, None, None, None]
    # Of 12 tokens, the plain formula: the fused kernel's way back took two fifths of a step.
    with sdpa_kernel(SDPBackend.MATH), torch.autocast(latents.device.type, torch.bfloat16):
        said = network(
            (1 - at) * latents + at * noise,
            encoder_hidden_states=states,
            encoder_attention_mask=masks,
            timestep=level * 1000,
            added_cond_kwargs={"resolution": None, "aspect_ratio": None},
            return_dict=False,
        )[0]
    return (said.float() - (noise - latents)).square().mean()
