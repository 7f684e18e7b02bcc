"""Images that look alike: sketches that point nearly the same way propose, one look decides.

One sketch holds the lowest frequencies of a picture's colours, for what was only compressed or
scaled. Others hold those of its edges, whole and without the outermost, for what was cut or framed.
Pictures of one colour have no sketch and are proposed by their colour.
The verdict is the least alike spot of the two small pictures (`curate.steps.look`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from curate.measures.image_duplicate import IMAGE_SKETCH, IMAGE_THUMBNAIL
from curate.steps.forest import near
from curate.steps.likeness import ALIKE, COUPLES, crowd
from curate.steps.look import looks, worthwhile
from curate.steps.pictures import Pictures

if TYPE_CHECKING:
    from curate.measures.measure import Measure
    from curate.steps.step import Ask

LIKENESS = 0.945
"""How alike the least alike spot of two pictures must be, unless the recipe says otherwise."""
SKETCHES = {"whole": 81, "edges": 51, "core": 51}
"""Of each sketch, how many numbers it has."""
FINE, ROUGH = (8, 0.5), (12, 0.46)
"""Trees in which sketches are looked for, and radians that they are apart at most: colours
for what was only compressed or scaled, edges for what was cut."""
FLAT_STEP = 8
"""Levels in which the colours of flat pictures are told apart by a bucket."""
_BLOCK = 512
_PART = 32_768
"""Pictures or couples of which the small pictures are in memory at once."""


@dataclass(frozen=True)
class Images:
    """Pictures whose least alike spot is at least so alike."""

    threshold: float
    any_shape: bool = False
    """Whether a picture may have been squeezed into another shape."""
    word: str = "image"

    def measures(self) -> tuple[Measure, ...]:
        return (IMAGE_SKETCH, IMAGE_THUMBNAIL)

    def propose(self, keys: pl.Series, ask: Ask) -> pl.DataFrame:
        seen = _in_order(keys, ask)
        drawn = seen.filter(~pl.col("flat"))
        whole, edges, core = (_vectors(drawn, name) for name in SKETCHES)
        framed = near(np.concatenate([edges, core]), *ROUGH) % max(len(drawn), 1)
        places = np.sort(np.concatenate([near(whole, *FINE), framed]), axis=1)
        places = places[places[:, 0] < places[:, 1]]
        parts = [_flat(seen.filter("flat")), _couples(drawn["key"], places)]
        return pl.concat(parts).unique(maintain_order=True)

    def verify(self, couples: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        parts = (self._looked(part, ask) for part in couples.iter_slices(_PART))
        return pl.concat([pl.DataFrame(schema=ALIKE), *parts])

    def _looked(self, couples: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        keys = pl.concat([couples["left"], couples["right"].rename("left")]).unique()
        seen = ask.measure(IMAGE_THUMBNAIL, keys).filter(pl.col("error").is_null())
        known = seen["key"].implode()
        couples = couples.filter(pl.col("left").is_in(known) & pl.col("right").is_in(known))
        pictures = Pictures.of(seen)
        if self.any_shape:
            pictures = pictures.square()
        ends = [_places(couples[side], seen["key"]) for side in COUPLES]
        worth = worthwhile(pictures, *ends)
        couples, (left, right) = couples.filter(pl.Series(worth)), (end[worth] for end in ends)
        found = [pl.DataFrame(schema=ALIKE)]
        for start in range(0, len(left), _BLOCK):
            rows = slice(start, start + _BLOCK)
            alike = _alike(couples[rows], *looks(pictures[left[rows]], pictures[right[rows]]))
            found.append(alike.filter(pl.col("likeness") >= self.threshold))
        return pl.concat(found)


def _in_order(keys: pl.Series, ask: Ask) -> pl.DataFrame:
    """Sketches in the order of the keys, of what could be measured.

    Small pictures are made by the way, of the same decode; they are not kept in memory.
    """
    named = keys.rename("key").sort().to_frame()
    parts = [
        ask.measure([IMAGE_SKETCH, IMAGE_THUMBNAIL], part["key"])
        .filter(pl.col("error").is_null())
        .select("key", "flat", *SKETCHES)
        for part in named.iter_slices(_PART)
    ]
    empty = {"key": pl.String, "flat": pl.Boolean, **dict.fromkeys(SKETCHES, pl.Binary)}
    seen = pl.concat([pl.DataFrame(schema=empty), *parts])
    return keys.to_frame("key").join(seen, on="key", maintain_order="left")


def _vectors(seen: pl.DataFrame, name: str) -> np.ndarray:
    return np.frombuffer(b"".join(seen[name]), np.int8).reshape(-1, SKETCHES[name])


def _couples(names: pl.Series, places: np.ndarray) -> pl.DataFrame:
    ends = {"left": names[places[:, 0]], "right": names[places[:, 1]]}
    return pl.DataFrame(ends, schema=COUPLES)


def _flat(seen: pl.DataFrame) -> pl.DataFrame:
    """Couples of flat pictures of one colour: each stands in the buckets round its colour."""
    colours = _vectors(seen, "whole")[:, :3].astype(np.int64) + 128
    buckets = [
        ((colours + shift) // FLAT_STEP) @ [10_000, 100, 1] + number * 1_000_000
        for number, shift in enumerate((0, FLAT_STEP // 2))
    ]
    members = pl.DataFrame({"bucket": np.concatenate(buckets)}).with_columns(
        member=pl.int_range(pl.len(), dtype=pl.Int64) % len(seen)
    )
    return _couples(seen["key"], crowd(members).to_numpy())


def _places(side: pl.Series, keys: pl.Series) -> np.ndarray:
    """Where each stands among the keys, which are sorted."""
    return keys.search_sorted(side).to_numpy()


def _alike(block: pl.DataFrame, likeness: np.ndarray, undone: np.ndarray) -> pl.DataFrame:
    words = ["image" + f", other {word}" * bool(word) for word in undone]
    scored = block.select(
        "left",
        "right",
        likeness=pl.Series(likeness.astype(np.float64).round(6)),
        detail=pl.Series(words, dtype=pl.String),
    )
    return scored.cast(pl.Schema(ALIKE))
