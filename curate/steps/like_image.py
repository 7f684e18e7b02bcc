"""Images that look alike: sketches that point nearly the same way propose, one look decides.

One sketch holds the lowest frequencies of a picture's colours, for what was only compressed or
scaled. Others hold those of its edges, whole and without the outermost, for what was cut or framed.
Pictures of one colour have no sketch and are proposed by their colour.
The verdict is the least alike spot of the two small pictures (`curate.steps.look`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from curate.measures.image_duplicate import IMAGE_SKETCH, IMAGE_THUMBNAIL, IMAGE_WINDOWS
from curate.steps.cropped import cropped
from curate.steps.forest import near
from curate.steps.likeness import ALIKE, COUPLES, crowd, distinct
from curate.steps.look import looks, worthwhile
from curate.steps.marked import marked
from curate.steps.orientation import orientations
from curate.steps.pictures import Pictures
from curate.steps.sketches import PART, Sketches

if TYPE_CHECKING:
    from curate.measures.measure import Measure
    from curate.steps.step import Ask

LIKENESS = 0.945
"""How alike the least alike spot of two pictures must be, unless the recipe says otherwise."""
FINE, ROUGH = (12, 0.6), (12, 0.46)
"""Trees in which sketches are looked for, and radians that they are apart at most: colours
for what was only compressed or scaled, edges for what was cut."""
PIECES = (("crop", "cropped", cropped), ("watermark", "watermark", marked))
"""Variants of which a piece is compared, what the evidence says, and what looks at them."""
FLAT_STEP = 8
"""Levels in which the colours of flat pictures are told apart by a bucket."""
_BLOCK = 512


@dataclass(frozen=True)
class Images:
    """Pictures whose least alike spot is at least so alike, as they are or in one of `variants`
    (`curate.steps.dedup.Variant`).
    """

    threshold: float
    variants: tuple[str, ...] = ()
    any_shape: bool = False
    """Whether a picture may have been squeezed into another shape."""
    word: str = "image"

    @property
    def _pieces(self) -> bool:
        return not {"crop", "watermark"}.isdisjoint(self.variants)

    def measures(self) -> tuple[Measure, ...]:
        windows = (IMAGE_WINDOWS,) * self._pieces
        return (IMAGE_SKETCH, IMAGE_THUMBNAIL, *windows)

    def propose(self, keys: pl.Series, ask: Ask) -> pl.DataFrame:
        seen = Sketches.of(keys, ask, windows=self._pieces)
        ways = [each.sketched(seen.whole) for each in orientations(self.variants)]
        lying = np.concatenate([seen.whole, *ways]) if ways else seen.whole
        places = [near(lying, *FINE), near(seen.edges, *ROUGH), _flat(seen)]
        places += [near(each, *ROUGH) for each in self._windows(seen)]
        return _couples(keys, np.concatenate(places) % max(len(keys), 1))

    def _windows(self, seen: Sketches) -> Iterator[np.ndarray]:
        """Sketches, window by window: what is cropped is as a whole like a window of what it was cropped
        from, and what has a mark is like it in windows that the mark is not in.
        """
        edges = seen.edges[: len(seen.whole)]
        for window in seen.windows.swapaxes(0, 1):
            yield np.concatenate([window, edges]) if "crop" in self.variants else window

    def verify(self, couples: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        parts = (self._looked(part, ask) for part in couples.iter_slices(PART))
        return pl.concat([pl.DataFrame(schema=ALIKE), *parts])

    def _looked(self, couples: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        keys = pl.concat([couples["left"], couples["right"].rename("left")]).unique()
        seen = ask.measure(IMAGE_THUMBNAIL, keys).filter(pl.col("error").is_null())
        known = seen["key"].implode()
        couples = couples.filter(pl.col("left").is_in(known) & pl.col("right").is_in(known))
        pictures = Pictures.of(seen)
        if self.any_shape:
            pictures = pictures.square()
        found = [self._alike(couples, seen["key"], pictures, pictures, "")]
        for way in orientations(self.variants):
            couples = couples.join(found[-1], on=list(COUPLES), how="anti", maintain_order="left")
            lying = pictures.lying(way)
            found.append(self._alike(couples, seen["key"], pictures, lying, f", {way.word}"))
        for variant, word, look in PIECES:
            if variant in self.variants:
                couples = couples.join(found[-1], on=list(COUPLES), how="anti")
                found.append(self._pieced(couples, seen["key"], pictures, word, look))
        return pl.concat(found)

    def _pieced(
        self,
        couples: pl.DataFrame,
        keys: pl.Series,
        pictures: Pictures,
        word: str,
        look: Callable[[Pictures, Pictures], np.ndarray],
    ) -> pl.DataFrame:
        """Those of which one is a piece of the other, or the other but for a piece."""
        found = [pl.DataFrame(schema=ALIKE)]
        for block in couples.iter_slices(_BLOCK):
            left, right = (pictures[_places(block[side], keys)] for side in COUPLES)
            likeness = look(left, right).clip(0, 1)
            alike = _scored(block, likeness, np.full(len(likeness), ""), f", {word}")
            found.append(alike.filter(pl.col("likeness") >= self.threshold))
        return pl.concat(found)

    def _alike(
        self, couples: pl.DataFrame, keys: pl.Series, ones: Pictures, others: Pictures, said: str
    ) -> pl.DataFrame:
        """Those alike of couples of a key's picture among ones and a key's picture among others."""
        left, right = (_places(couples[side], keys) for side in COUPLES)
        worth = worthwhile(ones, others, left, right)
        couples, left, right = couples.filter(pl.Series(worth)), left[worth], right[worth]
        found = [pl.DataFrame(schema=ALIKE)]
        for start in range(0, len(left), _BLOCK):
            rows = slice(start, start + _BLOCK)
            looked = looks(ones[left[rows]], others[right[rows]])
            alike = _scored(couples[rows], *looked, said)
            found.append(alike.filter(pl.col("likeness") >= self.threshold))
        return pl.concat(found)


def _couples(keys: pl.Series, places: np.ndarray) -> pl.DataFrame:
    """Couples of places, each once, the preferred first."""
    left, right = places.min(1), places.max(1)
    single = distinct((left * len(keys) + right)[left < right])
    left, right = np.divmod(single, max(len(keys), 1))
    return pl.DataFrame({"left": keys.gather(left), "right": keys.gather(right)}, schema=COUPLES)


def _flat(seen: Sketches) -> np.ndarray:
    """Couples of flat pictures of one colour: each stands in the buckets round its colour."""
    colours = seen.colours.astype(np.int64) + 128
    buckets = [
        ((colours + shift) // FLAT_STEP) @ [10_000, 100, 1] + number * 1_000_000
        for number, shift in enumerate((0, FLAT_STEP // 2))
    ]
    members = pl.DataFrame({"bucket": np.concatenate(buckets)}).with_columns(
        member=pl.int_range(pl.len(), dtype=pl.Int64) % max(len(seen.flat), 1)
    )
    couples: np.ndarray = seen.flat[crowd(members).to_numpy()]
    return couples


def _places(side: pl.Series, keys: pl.Series) -> np.ndarray:
    """Where each stands among the keys, which are sorted."""
    return keys.search_sorted(side).to_numpy()


def _scored(
    block: pl.DataFrame, likeness: np.ndarray, undone: np.ndarray, said: str
) -> pl.DataFrame:
    words = [f"image{said}" + f", other {word}" * bool(word) for word in undone]
    scored = block.select(
        "left",
        "right",
        likeness=pl.Series(likeness.astype(np.float64).round(6)),
        detail=pl.Series(words, dtype=pl.String),
    )
    return scored.cast(pl.Schema(ALIKE))
