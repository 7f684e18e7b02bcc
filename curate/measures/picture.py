"""Pictures made by a machine: drawn of texts, and varied from other pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from curate.measures.measure import Compute, Measure

LIBRARIES = ("diffusers", "pillow", "torch", "transformers")
MADE: dict[str, type[pl.DataType]] = {"bytes": pl.Binary}


def picture(model: str, seed: int = 0, **settings: Any) -> Measure:
    """A picture of each text as PNG, marked as generated: `made`.

    `model` is a text-to-image pipeline of diffusers, by reference; its noise is drawn from the text
    and the seed. `settings` are those of `curate.models.painter.painter`.
    """
    return Measure(
        name="text.picture",
        version=2,
        of=("text",),
        returns=MADE,
        makes="image",
        compute="curate.measures.picture:draw",
        params={"seed": seed, **settings},
        models=generator(model),
        libraries=LIBRARIES,
        extra="generate",
        chunk=chunk(settings),
    )


def variation(model: str, seed: int = 0, **settings: Any) -> Measure:
    """A variation of each picture that heeds a text, as PNG, marked as repainted: `made`.

    `model` is an image-to-image pipeline of diffusers, by reference, or one that inpaints; its noise
    is drawn from the picture, the text and the seed. `settings` are those of
    `curate.models.varier.varier`.
    """
    return Measure(
        name="image.variation",
        version=2,
        of=("image", "text"),
        returns=MADE,
        makes="image",
        compute="curate.measures.picture:vary",
        params={"seed": seed, **settings},
        models=generator(model),
        libraries=(*LIBRARIES, "resvg_py"),
        extra="generate",
        chunk=chunk(settings),
    )


def draw(measure: Measure, models: Mapping[str, Path]) -> Compute:
    from curate.models.painter import painter
    from curate.pairs.image import encode_png
    from curate.pairs.marks import TRAINED, marked

    paint = painter(f"file:{models['painter']}", **chosen(measure))

    def compute(texts: Sequence[str]) -> pl.DataFrame:
        seeds = [noise(text, measure.params["seed"]) for text in texts]
        files = [marked(encode_png(pixels), TRAINED) for pixels in paint(list(texts), seeds)]
        return pl.DataFrame({"bytes": files}, schema=dict(measure.returns))

    return compute


def vary(measure: Measure, models: Mapping[str, Path]) -> Compute:
    from curate.measures.image import pixels_hash
    from curate.models.varier import varier
    from curate.pairs.image import encode_png
    from curate.pairs.marks import REPAINTED, marked

    repaint = varier(f"file:{models['painter']}", **chosen(measure))

    def compute(couples: Sequence[Any]) -> pl.DataFrame:
        images, texts = (list(side) for side in zip(*couples, strict=True))
        names = [pixels_hash(pixels) + text for pixels, text in couples]
        seeds = [noise(name, measure.params["seed"]) for name in names]
        files = [marked(encode_png(pixels), REPAINTED) for pixels in repaint(images, texts, seeds)]
        return pl.DataFrame({"bytes": files}, schema=dict(measure.returns))

    return compute


def generator(model: str) -> dict[str, str]:
    """The models that something made by this one depends on, by their roles."""
    from curate.models.pipeline import references

    own, *parts = references(model)
    return {"painter": own, **{f"part {n}": part for n, part in enumerate(parts)}}


def chunk(settings: Mapping[str, Any]) -> int:
    """Contents that are handed over at once: a batch."""
    from curate.models.pipeline import BATCH

    return int(settings.get("batch", BATCH))


def chosen(measure: Measure) -> dict[str, Any]:
    """What the recipe says of the generator."""
    return {name: value for name, value in measure.params.items() if name != "seed"}


def noise(name: str, seed: int) -> int:
    """A content's own seed, so that what is made of it is the same whatever is made beside it."""
    digest = hashlib.sha256(f"{seed}\0{name}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6])
