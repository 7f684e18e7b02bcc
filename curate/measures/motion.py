"""Films made of texts by a machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.measures.measure import Compute, Measure
from curate.measures.picture import LIBRARIES, MADE, chosen, generator, noise


def motion(model: str, rate: float, seed: int = 0, **settings: Any) -> Measure:
    """A silent film of each text as MP4, `rate` frames a second: `made`.

    `model` is a text-to-video pipeline of diffusers, by reference; its noise is drawn from the text
    and the seed. `settings` are those of `curate.models.filmer.filmer`.
    """
    return Measure(
        name="text.film",
        version=1,
        of=("text",),
        returns=MADE,
        makes="video",
        compute="curate.measures.motion:film",
        params={"seed": seed, "rate": rate, **settings},
        models=generator(model),
        libraries=("av", *LIBRARIES),
        extra="generate",
        chunk=int(settings.get("batch", 1)),
    )


def film(measure: Measure, models: Mapping[str, Path]) -> Compute:
    from curate.models.filmer import filmer
    from curate.pairs.marks import TRAINED, marked

    settings = chosen(measure)
    rate = Fraction(settings.pop("rate")).limit_denominator(1001)
    shoot = filmer(f"file:{models['painter']}", **settings)

    def compute(texts: Sequence[str]) -> pl.DataFrame:
        seeds = [noise(text, measure.params["seed"]) for text in texts]
        files = [marked(_mp4(frames, rate), TRAINED) for frames in shoot(list(texts), seeds)]
        return pl.DataFrame({"bytes": files}, schema=dict(measure.returns))

    return compute


def _mp4(frames: np.ndarray, rate: Fraction) -> bytes:
    from curate.pairs.film import write_film

    return write_film(_timed(frames, rate), 0.0, float(len(frames) / rate), None)


def _timed(frames: np.ndarray, rate: Fraction) -> Iterator[Any]:
    import av

    for place, pixels in enumerate(frames):
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        frame.pts, frame.time_base = place, 1 / rate
        yield frame
