"""A training that can be cut off and goes on: its state in one file, replaced whole."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

EVERY = 100
WATTS = {"cpu": 10.0, "cuda": 700.0}
"""Taken for the energy: of a busy core of a server's processor, and of a graphics card."""


class Progress:
    """Steps of one training and its seconds, counted across runs.

    Seconds are of processor cores, or on a graphics card of the clock.
    """

    def __init__(self, path: Path, device: str) -> None:
        self.path, self.device = path, device
        self.step, self.seconds, self._mean = 0, 0.0, 0.0
        self._clock = time.process_time if device == "cpu" else time.monotonic

    def steps(self, what: str, steps: int, *parts: Any) -> Iterator[int]:
        """From where the last run stopped; `parts` have `state_dict` and `load_state_dict`."""
        self._resume(parts)
        began = self._clock() - self.seconds
        for step in range(self.step, steps):
            yield step
            self.step, self.seconds = step + 1, self._clock() - began
            if self.step % EVERY == 0 or self.step == steps:
                self._save(parts)
                told = f"{what}: step {self.step} of {steps}, loss {self._mean:.4f}"
                print(f"{told}, {self.seconds / 60:.1f} min", file=sys.stderr, flush=True)

    def tell(self, loss: float) -> None:
        """The loss of the step just made, for a mean over the last hundred or so."""
        share = max(0.01, 1 / (self.step + 1))
        self._mean += share * (loss - self._mean)

    def facts(self) -> dict[str, float]:
        """What the training took."""
        hours = self.seconds / 3600
        energy = round(hours * WATTS[self.device], 1)
        return {
            "steps": self.step,
            "loss": round(self._mean, 4),
            f"{self.device}_hours": round(hours, 3),
            "watt_hours": energy,
        }

    def _resume(self, parts: tuple[Any, ...]) -> None:
        if not self.path.exists():
            return
        saved = torch.load(self.path, map_location=self.device, weights_only=True)
        for part, state in zip(parts, saved["parts"], strict=True):
            part.load_state_dict(state)
        self.step, self.seconds, self._mean = saved["step"], saved["seconds"], saved["loss"]

    def _save(self, parts: tuple[Any, ...]) -> None:
        states = [part.state_dict() for part in parts]
        beside = self.path.with_suffix(".part")
        saved = {"step": self.step, "seconds": self.seconds, "loss": self._mean, "parts": states}
        torch.save(saved, beside)
        os.replace(beside, self.path)
