"""Contents that are altered a little, so that what they are paired with stays true of them.

How much a content is altered is drawn from the content itself, the seed and the alteration's name:
the same whatever is altered beside it, and whichever other alterations are asked for. A content
that nothing would change (a silent recording with noise at a ratio to it) is an error, since a
child equal to its parent is no new pair.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from curate.measures.measure import Compute, Measure

Chance: TypeAlias = np.random.Generator
Draw: TypeAlias = "Callable[[str], Chance]"
"""From an alteration's name to its own chance, for one content."""

UNCHANGED = "nothing of it was changed"
LIBRARIES: dict[str, tuple[str, ...]] = {
    "image": ("numpy", "pillow", "resvg_py"),
    "audio": ("av", "numpy", "scipy", "soundfile"),
    "sensor": ("numpy", "pyarrow"),
    "text": ("numpy",),
}


def augmented(modality: str, by: Mapping[str, Any], seed: int = 0) -> Measure:
    """A content altered `by` what `curate.measures.augment_<modality>` knows, by name and strength.

    Pictures are made as PNG, recordings as FLAC, streams as Parquet: `made`; texts are `text`.
    """
    made: dict[str, Any] = {"makes": modality, "returns": {"bytes": pl.Binary}}
    if modality == "text":
        made = {"returns": {"text": pl.String}}
    return Measure(
        name=f"{modality}.augment",
        version=1,
        of=(modality,),
        compute=f"curate.measures.augment_{modality}:augment",
        params={"seed": seed, "by": dict(by)},
        libraries=LIBRARIES[modality],
        **made,
    )


def computing(measure: Measure, models: Mapping[str, Path], alter: Callable[..., Any]) -> Compute:
    """What computes a measure: `alter(payload, by, seed)` returns what was made, None if nothing
    was changed.
    """
    (column,) = measure.returns
    by, seed = measure.params["by"], measure.params["seed"]

    def compute(payloads: Sequence[Any]) -> pl.DataFrame:
        made = [alter(payload, by, seed) for payload in payloads]
        errors = [UNCHANGED if one is None else None for one in made]
        schema = {**measure.returns, "error": pl.String}
        return pl.DataFrame({column: made, "error": errors}, schema=schema)

    return compute


def drawing(digest: str, seed: int) -> Draw:
    """Chance for one content, of which this is a hash."""

    def draw(name: str) -> Chance:
        salted = hashlib.sha256(f"{name}\0{seed}\0{digest}".encode()).digest()
        return np.random.default_rng(int.from_bytes(salted[:16]))

    return draw
