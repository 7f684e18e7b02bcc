"""Makes the icon generator, or goes on making it where the last run stopped.

    python -m training.icons --work build/icons --out curate/generators/icons

Needs the extras `embedded`, `generate` and `openmoji`. What is between is kept under `--work`: with
more `--steps` a finished training goes on from where it was. What it took is printed at the end;
`figures.py` then says how good it is.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch

from curate.measures.embedding import TEXT_MODEL
from curate.models.reference import locate
from training.icons import autoencoder, pipeline, transformer
from training.icons.drawings import WEIGHTS, Drawing, drawings, held_out
from training.icons.progress import Progress

AUTOENCODER_STEPS = 1600


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _asked(arguments)
    asked.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = True
    first = Progress(asked.work / "autoencoder.pt", asked.device)
    vae = autoencoder.train(_draw, AUTOENCODER_STEPS, first)
    lessons, captions = _lessons(asked, vae)
    vae.register_to_config(scaling_factor=lessons.scale)
    second = Progress(asked.work / "transformer.pt", asked.device)
    network = transformer.train(lessons, captions, asked.steps, second)
    pipeline.save(asked.out, vae, network)
    facts = {"autoencoder": first.facts(), "transformer": second.facts()}
    print(json.dumps(facts, indent=2))


def _lessons(asked: Any, vae: Any) -> tuple[transformer.Lessons, transformer.Captions]:
    """Latents and captions, kept beside the checkpoints."""
    path = asked.work / "lessons.pt"
    if not path.exists():
        latents = autoencoder.encoded(vae, _pixels(), asked.device)
        captions, rows = _captions(_learned())
        scale = float(1 / latents.std())
        torch.save([latents, rows, _weights(), scale, captions.states, captions.masks], path)
    latents, rows, weights, scale, states, masks = torch.load(path, weights_only=True)
    lessons = transformer.Lessons(latents, rows, weights, scale)
    return lessons, transformer.Captions(states, masks)


def _asked(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="python -m training.icons", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/icons"))
    parser.add_argument("--out", type=Path, default=Path("curate/generators/icons"))
    parser.add_argument("--steps", type=int, default=8_600)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args(arguments)


@cache
def _learned() -> list[Drawing]:
    drawn = drawings()
    secret = held_out(drawn)
    return [drawing for drawing in drawn if secret.isdisjoint(drawing.captions)]


def _draw(count: int) -> torch.Tensor:
    return _pixels()[torch.multinomial(_weights(), count)]


@cache
def _pixels() -> torch.Tensor:
    return torch.stack([torch.from_numpy(drawing.pixels.copy()) for drawing in _learned()])


@cache
def _weights() -> torch.Tensor:
    return torch.tensor([WEIGHTS[drawing.kind] for drawing in _learned()])


def _captions(learned: Sequence[Drawing]) -> tuple[transformer.Captions, torch.Tensor]:
    """States of all captions, and for each drawing the rows of its captions, filled up to four."""
    texts = list(dict.fromkeys(text for drawing in learned for text in drawing.captions))
    row = {text: number for number, text in enumerate(texts)}
    said = [[row[text] for text in (drawing.captions * 4)[:4]] for drawing in learned]
    folder = locate(TEXT_MODEL)
    return transformer.Captions.read(folder, texts), torch.tensor(said)


if __name__ == "__main__":
    main()
