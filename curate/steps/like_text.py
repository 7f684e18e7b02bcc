"""Texts that say nearly the same: MinHash bands propose, the true overlap of shingles decides.

Texts that differ in marks, case and spaces only are one text here; a text without a letter or digit
is alike to nothing. What is said of a miss is said of one couple: a pair of similarity s shares a
band of r rows with probability s^r, and at least one of b bands with 1 - (1 - s^r)^b (Leskovec,
Rajaraman and Ullman, "Mining of Massive Datasets", 3.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import polars as pl

from curate.measures.text_duplicate import PERMUTATIONS, TEXT_FORMS, text_minhash, text_overlap
from curate.pairs.order import by_name
from curate.steps.likeness import ALIKE, COUPLES, crowd, distinct
from curate.steps.spill import Columns

if TYPE_CHECKING:
    from curate.measures.measure import Measure
    from curate.steps.step import Ask

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
Overlap: TypeAlias = Literal["jaccard", "containment"]
MISS = 0.001
"""How often, at most, two texts that are just alike enough may not be proposed."""
LONGER = 2
"""How many times longer than a text one may be that contains it, for the miss to hold."""
_SLICE = 262_144
_BLOCK = 1024
"""Signatures banded at once: more would not stay in a processor's own memory."""
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Texts:
    """Texts whose sets of shingles overlap at least so far."""

    threshold: float
    ngram: int
    unit: str
    overlap: Overlap = "jaccard"
    word: str = "text"

    @cached_property
    def bands(self) -> tuple[int, int]:
        return bands(least_jaccard(self.threshold, self.overlap))

    @property
    def note(self) -> str:
        """How often a couple is missed, for people."""
        return promise(self.threshold, self.overlap)

    def measures(self) -> tuple[Measure, ...]:
        return (TEXT_FORMS, text_minhash(self.ngram, self.unit))

    def fold(self, keys: pl.Series, ask: Ask) -> pl.DataFrame:
        """`key`, `form`: texts of one form are one text; null where there is nothing to compare."""
        return ask.measure(TEXT_FORMS, keys).select("key", form="plain")

    def propose(self, keys: pl.Series, ask: Ask) -> pl.DataFrame:
        """One band of all texts is looked at after the other; 8 bytes a band and text are held, or lie
        on disk (`curate.steps.spill`).
        """
        places, hashes = self._hashes(keys, ask)
        found = np.zeros(0, np.int64)
        with hashes:
            for band in hashes:
                couples = crowd(_shared(places, band))
                new = couples["left"].to_numpy() * keys.len() + couples["right"].to_numpy()
                found = distinct(np.concatenate([found, new]))
        left, right = np.divmod(found, max(keys.len(), 1))
        return pl.DataFrame({"left": keys.gather(left), "right": keys.gather(right)}, COUPLES)

    def verify(self, couples: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        compared = ask.compare(text_overlap(self.ngram, self.unit), couples)
        found = compared.filter(pl.col(self.overlap) >= self.threshold)
        alike = found.select("left", "right", likeness=self.overlap, detail=pl.lit(self.word))
        return alike.cast(pl.Schema(ALIKE))

    def _hashes(self, keys: pl.Series, ask: Ask) -> tuple[Array, Columns]:
        """Places in `keys` of the texts that have shingles, and per band a hash of each."""
        places = [np.zeros(0, np.int64)]
        hashes = Columns(self.bands[0], keys.len(), np.uint64)
        for part in self._signatures(keys, ask):
            places.append(part["place"].to_numpy())
            hashes.add(_banded(part["signature"].to_numpy(), *self.bands))
        return np.concatenate(places), hashes

    def _signatures(self, keys: pl.Series, ask: Ask) -> Iterator[pl.DataFrame]:
        """Read a part at a time: whole signatures of a million texts are 512 MB."""
        measure = text_minhash(self.ngram, self.unit)
        ordered = by_name(keys.to_frame("key").with_row_index("place"), "key")
        ordered = ordered.cast({"place": pl.Int64})
        for start in range(0, ordered.height, _SLICE):
            part = ordered.slice(start, _SLICE)
            measured = ask.measure(measure, part["key"]).with_columns(part["place"])
            yield measured.filter(pl.col("error").is_null())


def bands(similarity: float) -> tuple[int, int]:
    """Bands and rows of the signature: the longest bands that miss a pair of this Jaccard
    similarity at most `MISS` of the time.
    """
    fit = [rows for rows in range(1, 17) if missed(similarity, rows) <= MISS]
    rows = max(fit, default=1)
    return PERMUTATIONS // rows, rows


def missed(similarity: float, rows: int) -> float:
    """The probability that a pair of this Jaccard similarity shares no band of so many rows."""
    return float((1 - similarity**rows) ** (PERMUTATIONS // rows))


def least_jaccard(threshold: float, overlap: Overlap) -> float:
    """The Jaccard similarity from which pairs must be proposed: of a text contained to the
    threshold in one up to `LONGER` times as long.
    """
    if overlap == "jaccard":
        return threshold
    return threshold / (1 + LONGER - threshold)


def promise(threshold: float, overlap: Overlap) -> str:
    """Bands, rows, and the probability of a miss at the threshold and above it."""
    least = least_jaccard(threshold, overlap)
    count, rows = bands(least)
    above = min(1.0, least + 0.05)
    where = f"a couple at {overlap} {threshold:g}"
    if overlap == "containment":
        where += f", one at most {LONGER} times as long as the other,"
    return (
        f"{count} bands of {rows} rows: {where} is missed with probability "
        f"{missed(least, rows):.1g}, 0.05 above it with {missed(above, rows):.1g}"
    )


def _banded(signatures: Array, count: int, rows: int) -> Array:
    """Per band a 64-bit hash of every signature; two that collide only cost a look."""
    hashes = np.empty((count, len(signatures)), np.uint64)
    for start in range(0, len(signatures), _BLOCK):
        rows_first = signatures[start : start + _BLOCK, : count * rows].T.astype(
            np.uint64, order="C"
        )
        cut = rows_first.reshape(count, rows, -1)
        mixed = np.zeros((count, cut.shape[2]), np.uint64)
        for row in range(rows):
            mixed = (mixed ^ cut[:, row]) * _FACTOR
            mixed ^= mixed >> np.uint64(29)
        hashes[:, start : start + _BLOCK] = mixed
    return hashes


def _shared(places: Array, band: Array) -> pl.DataFrame:
    """`bucket`, `member` of the texts that share their bucket with another."""
    order = np.argsort(band)
    same = np.diff(band[order], append=band[order][:1]) == 0
    chosen = order[same | np.roll(same, 1)] if len(band) > 1 else order[:0]
    return pl.DataFrame({"bucket": band[chosen], "member": places[chosen]})
