"""What foundation models make of contents: vectors of one space, and scores of pairs.

Unlike the measures of `embedding`, which know their own models, these take any model that a
reference names. The width of a vector is the model's, hence a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate.errors import CurateError, Unreadable
from curate.measures.measure import Compute, Measure

if TYPE_CHECKING:
    from curate.models.encoder import Encoder
    from curate.models.shapes import Precision

BATCH = 32
"""What a network sees at once: `curate.models.inference.BATCH`."""
FRAMES = 8
"""Frames of a video that are looked at, at most."""

NETWORK = ("sentence-transformers", "torch", "transformers")
OF_MODALITY = {
    "text": ("tokenizers",),
    "image": ("pillow",),
    "audio": ("soxr",),
    "video": ("av", "pillow"),
}
"""Libraries that change what a network is given."""


def embedding(modality: str, model: str, precision: str = "fp32") -> Measure:
    """Unit vectors of contents; a video's is the mean of its frames', at scene changes.

    `modality` is text, image, audio or video, `model` a reference to any folder that
    `curate.models.encoder` reads.
    """
    return Measure(
        name=f"{modality}.vector",
        version=1,
        of=(modality,),
        returns={"embedding": pl.List(pl.Float32)},
        compute="curate.measures.encoder:embed",
        params={
            "modality": modality,
            **({"frames": FRAMES} if modality == "video" else {}),
            **rounded(precision),
        },
        models={"encoder": model},
        libraries=_libraries(modality),
        extra="encoders",
        chunk=4 * BATCH if modality == "text" else BATCH,
    )


def pair_score(
    model: str, left_modality: str, right_modality: str, precision: str = "fp32"
) -> Measure:
    """How well two contents match, read together; the scale is the model's, higher is better."""
    return Measure(
        name=f"{left_modality}.{right_modality}.match",
        version=1,
        of=(left_modality, right_modality),
        returns={"score": pl.Float64},
        compute="curate.measures.encoder:score",
        params={"modalities": [left_modality, right_modality], **rounded(precision)},
        models={"scorer": model},
        libraries=_libraries(left_modality, right_modality),
        extra="encoders",
        chunk=BATCH,
    )


def embed(measure: Measure, models: Mapping[str, Path]) -> Compute:
    encoder = _encoder(models["encoder"], measure.params.get("precision", "fp32"))
    if measure.params["modality"] == "video":
        return lambda recordings: _videos(encoder, recordings, measure.params["frames"])
    modality = measure.params["modality"]
    return lambda payloads: _frame(encoder.encode(modality, payloads) if payloads else [])


def score(measure: Measure, models: Mapping[str, Path]) -> Compute:
    from curate.models.scorer import load_scorer

    scorer = load_scorer(models["scorer"], measure.params.get("precision", "fp32"))
    if scorer.modalities != measure.of:
        able, asked = (" with ".join(pair) for pair in (scorer.modalities, measure.of))
        raise CurateError(f"{measure.name}: the model scores {able}, not {asked}")
    return lambda pairs: pl.DataFrame({"score": scorer.score(pairs)}, schema=dict(measure.returns))


@cache
def _encoder(folder: Path, precision: Precision) -> Encoder:
    """One network in memory for all the modalities that it embeds."""
    from curate.models.encoder import load_encoder

    return load_encoder(folder, precision)


def _videos(encoder: Encoder, recordings: Sequence[Any], at_most: int) -> pl.DataFrame:
    seen = [_scenes(recording, at_most) for recording in recordings]
    whole = [frames for frames in seen if not isinstance(frames, Unreadable)]
    vectors = iter(encoder.encode("video", whole) if whole else ())
    errors = [frames.message if isinstance(frames, Unreadable) else None for frames in seen]
    placed = [next(vectors).tolist() if error is None else None for error in errors]
    return _frame(placed).with_columns(error=pl.Series(errors, dtype=pl.String))


def _scenes(recording: Any, at_most: int) -> list[np.ndarray] | Unreadable:
    from curate.pairs.video import scene_frames

    try:
        return [frame for _, frame in scene_frames(recording, at_most)]
    except Unreadable as error:
        return error


def _frame(vectors: Sequence[Any] | np.ndarray) -> pl.DataFrame:
    return pl.DataFrame({"embedding": list(vectors)}, schema={"embedding": pl.List(pl.Float32)})


def rounded(precision: str) -> dict[str, str]:
    """The parameter that says how exactly a network computes, where it is not in full."""
    return {} if precision == "fp32" else {"precision": precision}


def _libraries(*modalities: str) -> tuple[str, ...]:
    own = {name for modality in modalities for name in OF_MODALITY.get(modality, ())}
    return (*NETWORK, *sorted(own))
