"""Sketches of pictures in rows, as they are looked through: one matrix each, filled part by part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from curate.measures.image_duplicate import (
    IMAGE_SKETCH,
    IMAGE_THUMBNAIL,
    IMAGE_WINDOWS,
    WINDOWS,
)

if TYPE_CHECKING:
    from curate.measures.measure import Measure
    from curate.steps.step import Ask

NUMBERS = {"whole": 81, "edges": 51, "core": 51}
"""Of each sketch, how many it has."""
PART = 32_768
"""Pictures or couples of which the small pictures are in memory at once."""


@dataclass(frozen=True, eq=False)
class Sketches:
    """Of pictures in order; a flat picture, or one that cannot be read, has only zeros."""

    whole: np.ndarray
    """int8 (n, 81)."""
    edges: np.ndarray
    """int8 (2 n, 51): edges of all, then of all their cores."""
    flat: np.ndarray
    """Places of flat pictures."""
    colours: np.ndarray
    """What they show: mean levels of luma, Cb and Cr, less 128, int8 (flat, 3)."""
    windows: np.ndarray
    """Edges in windows, int8 (n, 13, 51), or (n, 0, 51) where they are not wanted."""

    @classmethod
    def of(cls, keys: pl.Series, ask: Ask, windows: bool = False) -> Sketches:
        measures = [IMAGE_SKETCH, IMAGE_THUMBNAIL, *[IMAGE_WINDOWS] * windows]
        whole = np.zeros((len(keys), NUMBERS["whole"]), np.int8)
        edges = np.zeros((2, len(keys), NUMBERS["edges"]), np.int8)
        parts = np.zeros((len(keys), len(WINDOWS) * windows, NUMBERS["edges"]), np.int8)
        flat = [(np.zeros(0, np.int64), np.zeros((0, 3), np.int8))]
        for places, seen in _parts(keys, measures, ask):
            one = seen["flat"].to_numpy()
            rows = {name: _vectors(seen, name) for name in NUMBERS}
            flat.append((places[one], rows["whole"][one, :3]))
            whole[places[~one]] = rows["whole"][~one]
            for plane, name in enumerate(("edges", "core")):
                edges[plane, places[~one]] = rows[name][~one]
            if windows:
                parts[places[~one]] = _vectors(seen, "windows").reshape(-1, *parts.shape[1:])[~one]
        where, colours = (np.concatenate(each) for each in zip(*flat, strict=True))
        order = np.argsort(where)
        both = edges.reshape(-1, NUMBERS["edges"])
        return cls(whole, both, where[order], colours[order], parts)


def _parts(
    keys: pl.Series, measures: list[Measure], ask: Ask
) -> Iterator[tuple[np.ndarray, pl.DataFrame]]:
    """Sketches of what could be measured, and where each stands among the keys.

    Small pictures are made by the way, of the same decode; they are not kept in memory.
    """
    order = keys.arg_sort()
    for start in range(0, len(keys), PART):
        places = order[start : start + PART]
        part = pl.DataFrame({"key": keys.gather(places), "place": places})
        seen = ask.measure(measures, part["key"]).filter(pl.col("error").is_null())
        placed = part.join(seen.drop("luma", "chroma", strict=False), on="key")
        yield placed["place"].to_numpy().astype(np.int64), placed


def _vectors(seen: pl.DataFrame, name: str) -> np.ndarray:
    return np.frombuffer(b"".join(seen[name]), np.int8).reshape(len(seen), -1)
