"""Near-duplicate films: small pictures at even times, and a fingerprint of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.errors import Unreadable
from curate.measures.fingerprint import BITS, moments
from curate.measures.measure import Compute, Measure
from curate.pairs.span import Recording
from curate.pairs.video import small_frames

RATE = 8.0
"""Pictures a second."""
SIDE = 8
_FINE = 16
_LUMA = np.array([0.299, 0.587, 0.114])
_FLAT = 4.0
"""Standard deviation, in grey levels, below which a picture shows nothing to tell it by."""

VIDEO_FRAMES = Measure(
    name="video.frames",
    version=1,
    of=("video",),
    returns={"fingerprint": pl.Binary, "pictures": pl.Binary},
    compute="curate.measures.video_duplicate:film",
    params={"rate": RATE, "side": SIDE, "fine": _FINE},
    libraries=("av", "numpy", "scipy"),
    chunk=4,
)
"""Eight times a second the picture that is shown, at 8 by 8 RGB pixels (1.5 kB a second), and of each
a moment as `curate.measures.fingerprint` has it, little-endian.

The bits are signs of the picture's slowest waves (a discrete cosine transform of its grey levels, as
in pHash: Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010). One of
one colour is not clear."""


def film(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(films: Sequence[Recording]) -> pl.DataFrame:
        schema = {**measure.returns, "error": pl.String}
        return pl.DataFrame([_row(film) for film in films], schema=schema, orient="row")

    return compute


def _row(film: Recording) -> tuple[Any, ...]:
    try:
        fine = small_frames(film, RATE, _FINE)
    except Unreadable as error:
        return (None, None, error.message)
    return (fingerprint(fine).astype("<u4").tobytes(), coarse(fine).tobytes(), None)


def coarse(fine: np.ndarray) -> np.ndarray:
    """Pictures at `SIDE` by `SIDE` of those at `_FINE`, each pixel the mean of its area."""
    cell = _FINE // SIDE
    cells = fine.reshape(-1, SIDE, cell, SIDE, cell, 3).mean((2, 4))
    return np.asarray(np.rint(cells), np.uint8)


def fingerprint(pictures: np.ndarray) -> np.ndarray:
    """A moment for each of the pictures (n, `_FINE`, `_FINE`, 3)."""
    from scipy import fft

    grey = pictures @ _LUMA
    waves = fft.dctn(grey, axes=(1, 2)).reshape(len(grey), -1)
    return moments(waves[:, _slowest()], grey.std(axis=(1, 2)) > _FLAT)


def _slowest() -> np.ndarray:
    """Places of the `BITS` slowest waves, but for the mean."""
    down, across = np.indices((_FINE, _FINE)).reshape(2, -1)
    return np.lexsort((down, np.maximum(down, across), down + across))[1 : BITS + 1]
