"""Pictures drawn of texts by a machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from curate.measures.measure import Compute, Measure


def picture(
    model: str,
    seed: int = 0,
    steps: int | None = None,
    guidance: float | None = None,
    precision: str = "float32",
) -> Measure:
    """A picture of each text as PNG: `made`.

    `model` is a text-to-image pipeline of diffusers, by reference; its noise is drawn from the text
    and the seed.
    """
    from curate.models.pipeline import BATCH, references

    own, *parts = references(model)
    chosen = {"steps": steps, "guidance": guidance}
    return Measure(
        name="text.picture",
        version=1,
        of=("text",),
        returns={"bytes": pl.Binary},
        makes="image",
        compute="curate.measures.picture:draw",
        params={
            "seed": seed,
            "precision": precision,
            **{name: value for name, value in chosen.items() if value is not None},
        },
        models={"painter": own, **{f"part {n}": part for n, part in enumerate(parts)}},
        libraries=("diffusers", "pillow", "torch", "transformers"),
        extra="generate",
        chunk=BATCH,
    )


def draw(measure: Measure, models: Mapping[str, Path]) -> Compute:
    from curate.models.painter import painter
    from curate.pairs.image import encode_png

    chosen = {key: value for key, value in measure.params.items() if key != "seed"}
    paint = painter(f"file:{models['painter']}", **chosen)

    def compute(texts: Sequence[str]) -> pl.DataFrame:
        seeds = [_noise(text, measure.params["seed"]) for text in texts]
        files = [encode_png(pixels) for pixels in paint(list(texts), seeds)]
        return pl.DataFrame({"bytes": files}, schema=dict(measure.returns))

    return compute


def _noise(text: str, seed: int) -> int:
    """A text's own seed, so that a picture is the same whatever is drawn beside it."""
    name = hashlib.sha256(f"{seed}\0{text}".encode("utf-8", "surrogatepass"))
    return int.from_bytes(name.digest()[:6])
