"""Texts to pictures: any text-to-image pipeline of diffusers, by its reference.

A folder is in diffusers' own form, `model_index.json` and safetensors; code in it is never run.
Beside that a folder may hold a `curate.json`:

    {"parts": {"tokenizer": "pkg:…", "text_encoder": "pkg:…"},  which lie with another model
     "call": {"guidance_scale": 4.0}}                           how its maker has it called

Batches are of one size and noise is drawn for each picture apart and on the processor, so that a
picture depends on its prompt and its seed and on nothing beside it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from curate.errors import CurateError, MissingExtra
from curate.models.reference import locate
from curate.models.shapes import Array
from curate.models.weights import SAFE, model_name, read_json

BATCH = 8
"""Pictures that are drawn at a time, always."""
LIBRARIES = ("diffusers", "transformers")
"""Whose classes a part that lies elsewhere may be of."""

Precision: TypeAlias = Literal["float32", "bfloat16", "float16"]


class Painter:
    """Prompts and seeds to pictures, a batch at a time whoever asks."""

    def __init__(self, pipeline: Any, call: dict[str, Any]) -> None:
        self._pipeline, self._call = pipeline, call
        self._gate = threading.Lock()

    def __call__(self, prompts: Sequence[str], seeds: Sequence[int]) -> list[Array]:
        """An RGB picture (height, width, 3) of bytes for each prompt with its seed."""
        asked = list(zip(prompts, seeds, strict=True))
        batches = [asked[start : start + BATCH] for start in range(0, len(asked), BATCH)]
        return [picture for batch in batches for picture in self._painted(batch)]

    def _painted(self, asked: list[tuple[str, int]]) -> list[Array]:
        import torch

        full = asked + asked[:1] * (BATCH - len(asked))
        noises = [torch.Generator("cpu").manual_seed(seed) for _, seed in full]
        with self._gate:
            painted = self._pipeline(
                [prompt for prompt, _ in full], generator=noises, output_type="np", **self._call
            )
        return list(np.rint(painted.images[: len(asked)] * 255).astype(np.uint8))


def painter(
    reference: str,
    *,
    device: str = "cpu",
    precision: Precision = "float32",
    steps: int | None = None,
    guidance: float | None = None,
) -> Painter:
    """The pipeline that a reference names, on a device of torch.

    Fewer `steps` draw sooner and worse; more `guidance` follows the words more closely and varies
    less. Without them the folder's own are taken, or else the pipeline's.
    """
    folder = locate(reference)
    if not (folder / "model_index.json").is_file():
        raise CurateError(
            f"{model_name(folder)} is no pipeline of diffusers",
            "point at the folder that holds its model_index.json",
        )
    asked = {"num_inference_steps": steps, "guidance_scale": guidance}
    call = read_json(folder / "curate.json").get("call", {})
    call |= {name: value for name, value in asked.items() if value is not None}
    return Painter(_opened(folder, device, precision), call)


def references(reference: str) -> tuple[str, ...]:
    """Every reference that a painter's pictures depend on: its own, and its parts' elsewhere."""
    return (reference, *dict.fromkeys(_elsewhere(locate(reference)).values()))


def _elsewhere(folder: Path) -> dict[str, str]:
    parts = read_json(folder / "curate.json").get("parts", {})
    return {str(name): str(place) for name, place in parts.items()}


def _opened(folder: Path, device: str, precision: Precision) -> Any:
    try:
        import torch
        from diffusers import AutoPipelineForText2Image
        from diffusers.utils import is_accelerate_available
    except ImportError as error:
        raise MissingExtra(model_name(folder), "generate") from error
    _hush()
    dtype = getattr(torch, precision)
    try:
        pipeline = AutoPipelineForText2Image.from_pretrained(
            folder,
            dtype=dtype,
            use_safetensors=True,
            low_cpu_mem_usage=is_accelerate_available(),
            **_parts(folder, dtype),
            **SAFE,
        )
        pipeline.to(device)
    except (OSError, ValueError, RuntimeError) as error:
        words = str(error).strip().splitlines()[0]
        raise CurateError(f"{model_name(folder)} cannot be loaded: {words}") from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _hush() -> None:
    """Bars, and doubts about parts that a pipeline usually has others for."""
    from diffusers.utils import logging as of_diffusers
    from transformers.utils import logging as of_transformers

    of_transformers.disable_progress_bar()
    of_diffusers.disable_progress_bar()
    of_diffusers.set_verbosity_error()


def _parts(folder: Path, dtype: Any) -> dict[str, Any]:
    listed = read_json(folder / "model_index.json")
    return {
        name: _part(listed.get(name), locate(place), dtype)
        for name, place in _elsewhere(folder).items()
    }


def _part(listed: Any, place: Path, dtype: Any) -> Any:
    """A network or a tokenizer of the class that the folder's index lists."""
    from importlib import import_module

    import torch

    if not isinstance(listed, list) or listed[0] not in LIBRARIES:
        raise CurateError(
            f"{model_name(place)} is to be a part of a pipeline as {listed}, which is no class",
            f"model_index.json lists classes of {' and '.join(LIBRARIES)}",
        )
    made = getattr(import_module(listed[0]), listed[1])
    if not issubclass(made, torch.nn.Module):
        return made.from_pretrained(place, **SAFE)
    return made.from_pretrained(place, use_safetensors=True, dtype=dtype, **SAFE).eval()
