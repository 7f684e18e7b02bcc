"""Pipelines of diffusers, by their reference: opened once, and run a batch of one size at a time.

A folder is in diffusers' own form, `model_index.json` and safetensors; code in it is never run.
Beside that a folder may hold a `curate.json`:

    {"parts": {"tokenizer": "pkg:…", "text_encoder": "pkg:…"},  which lie with another model
     "call": {"guidance_scale": 4.0}}                           how its maker has it called

Batches are of one size and noise is drawn for each row apart and on the processor, so that what is
made depends on its row and its seed and on nothing beside it.
"""

from __future__ import annotations

import inspect
import threading
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from curate.errors import CurateError, MissingExtra
from curate.models.reference import locate
from curate.models.weights import SAFE, model_name, read_json

BATCH = 8
"""Rows that are made at a time, unless a recipe says otherwise."""
LIBRARIES = ("diffusers", "transformers")
"""Whose classes a part that lies elsewhere may be of."""
OPENERS = {
    "text to image": "AutoPipelineForText2Image",
    "image to image": "AutoPipelineForImage2Image",
    "inpainting": "AutoPipelineForInpainting",
    "text to film": "DiffusionPipeline",
}
"""What opens a folder for a task; those of films are of many classes and have no common opener."""

Precision: TypeAlias = Literal["float32", "bfloat16", "float16"]
Task: TypeAlias = Literal["text to image", "image to image", "inpainting", "text to film"]


class Pipeline:
    """Rows and seeds to what is made of them; safe to call from many threads at once."""

    def __init__(self, network: Any, call: Mapping[str, Any], batch: int) -> None:
        self._network, self._batch = network, batch
        self._able = inspect.signature(network.__call__).parameters
        self._call = {name: value for name, value in call.items() if value is not None}
        self._gate = threading.Lock()

    def takes(self, name: str) -> bool:
        """Whether a call may say this; pipelines differ."""
        return name in self._able

    @property
    def side(self) -> int | None:
        """Pixels of the longer side that the network was made for, where it says."""
        network = getattr(self._network, "unet", None) or getattr(
            self._network, "transformer", None
        )
        size = getattr(getattr(network, "config", None), "sample_size", None)
        return size * int(self._network.vae_scale_factor) if isinstance(size, int) else None

    def __call__(
        self, rows: Sequence[Mapping[str, Any]], seeds: Sequence[int], **same: Any
    ) -> list[Any]:
        """What is made of each row, float 0 to 1; rows have equal keys, `same` goes for all."""
        asked = list(zip(rows, seeds, strict=True))
        batches = [asked[at : at + self._batch] for at in range(0, len(asked), self._batch)]
        return [made for batch in batches for made in self._made(batch, same)]

    def _made(
        self, asked: list[tuple[Mapping[str, Any], int]], same: Mapping[str, Any]
    ) -> list[Any]:
        import numpy as np
        import torch

        full = asked + asked[:1] * (self._batch - len(asked))
        noises = [torch.Generator("cpu").manual_seed(seed) for _, seed in full]
        columns = {name: [row[name] for row, _ in full] for name in full[0][0]}
        said = {**columns, **self._call, **same}
        try:
            with self._gate, warnings.catch_warnings():
                # Of diffusers about itself; under the gate no other thread warns from here.
                warnings.simplefilter("ignore", DeprecationWarning)
                made = self._network(**said, generator=noises, output_type="np")[0][: len(asked)]
        except torch.OutOfMemoryError as error:
            raise CurateError(
                f"{self._batch} at a time do not fit into the device's memory",
                "ask for a smaller batch, or for precision: bfloat16",
            ) from error
        if not np.isfinite(made).all():
            raise CurateError(
                "the generator's numbers ran over", "ask for precision: bfloat16 or float32"
            )
        return list(made)


def pipeline(
    reference: str,
    task: Task,
    *,
    device: str | None = None,
    precision: Precision = "float32",
    batch: int = BATCH,
    **call: Any,
) -> Pipeline:
    """The pipeline that a reference names, on a device of torch: a GPU where there is one.

    What is not None of `call` is said to it; for the rest goes what the folder's maker says, or else
    the pipeline's own.
    """
    folder = locate(reference)
    if not (folder / "model_index.json").is_file():
        raise CurateError(
            f"{model_name(folder)} is no pipeline of diffusers",
            "point at the folder that holds its model_index.json",
        )
    own = read_json(folder / "curate.json").get("call", {})
    said = {name: value for name, value in call.items() if value is not None}
    return Pipeline(_opened(folder, task, device or _device(), precision), own | said, batch)


def _device() -> str:
    try:
        import torch
    except ImportError as error:
        raise MissingExtra("a generator", "generate") from error
    return "cuda" if torch.cuda.is_available() else "cpu"


def references(reference: str) -> tuple[str, ...]:
    """Every reference that what is made depends on: the pipeline's own, and its parts' elsewhere."""
    return (reference, *dict.fromkeys(_elsewhere(locate(reference)).values()))


def _elsewhere(folder: Path) -> dict[str, str]:
    parts = read_json(folder / "curate.json").get("parts", {})
    return {str(name): str(place) for name, place in parts.items()}


def _opened(folder: Path, task: Task, device: str, precision: Precision) -> Any:
    try:
        import diffusers
        import torch
        from diffusers.utils import is_accelerate_available
    except ImportError as error:
        raise MissingExtra(model_name(folder), "generate") from error
    _hush()
    dtype = getattr(torch, precision)
    try:
        opened = getattr(diffusers, OPENERS[task]).from_pretrained(
            folder,
            dtype=dtype,
            use_safetensors=True,
            low_cpu_mem_usage=is_accelerate_available(),
            **_parts(folder, dtype),
            **SAFE,
        )
        opened.to(device)
    except (OSError, ValueError, RuntimeError) as error:
        words = str(error).strip().splitlines()[0]
        raise CurateError(f"{model_name(folder)} cannot be loaded: {words}") from error
    opened.set_progress_bar_config(disable=True)
    return opened


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
