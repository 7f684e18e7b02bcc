"""Texts that say nearly the same: MinHash bands propose, the true Jaccard similarity decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from curate.measures.text_duplicate import PERMUTATIONS, text_jaccard, text_minhash
from curate.steps.likeness import ALIKE, COUPLES, crowd

if TYPE_CHECKING:
    from curate.measures.measure import Measure
    from curate.steps.step import Ask


@dataclass(frozen=True)
class Texts:
    """Texts whose sets of shingles have at least this Jaccard similarity."""

    threshold: float
    ngram: int
    unit: str
    word: str = "text"

    def measures(self) -> tuple[Measure, ...]:
        return (text_minhash(self.ngram, self.unit),)

    def propose(self, keys: pl.Series, ask: Ask) -> pl.DataFrame:
        order = keys.to_frame("key").with_row_index("rank")
        signatures = ask.measure(text_minhash(self.ngram, self.unit), keys)
        signatures = signatures.filter(pl.col("error").is_null()).join(order, on="key").sort("rank")
        count, rows = bands(self.threshold)
        frames = [_band(signatures, band * rows, rows) for band in range(count)]
        couples, names = pl.concat(frames).unique(), signatures["key"]
        return pl.DataFrame(
            {"left": names.gather(couples["left"]), "right": names.gather(couples["right"])},
            schema=COUPLES,
        )

    def verify(self, couples: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        compared = ask.compare(text_jaccard(self.ngram, self.unit), couples)
        found = compared.filter(pl.col("jaccard") >= self.threshold)
        alike = found.select("left", "right", likeness="jaccard", detail=pl.lit("text"))
        return alike.cast(pl.Schema(ALIKE))


def bands(threshold: float) -> tuple[int, int]:
    """Bands and rows so that a pair at the threshold is proposed with at least 99.9 %.

    A pair of similarity s shares a band of r rows with probability 1 - (1 - s^r)^b.
    """
    fit = [rows for rows in range(1, 17) if _miss(threshold, rows) <= 0.001]
    rows = max(fit, default=1)
    return PERMUTATIONS // rows, rows


def _miss(threshold: float, rows: int) -> float:
    return float((1 - threshold**rows) ** (PERMUTATIONS // rows))


def _band(signatures: pl.DataFrame, start: int, rows: int) -> pl.DataFrame:
    """Couples that agree in all rows of one band."""
    matrix = signatures["signature"].to_numpy()[:, start : start + rows]
    bucket = np.ascontiguousarray(matrix).view(f"V{4 * rows}").ravel()
    _, inverse, counts = np.unique(bucket, return_inverse=True, return_counts=True)
    members = pl.DataFrame({"bucket": inverse}).with_row_index("member")
    return crowd(members.filter(pl.Series(counts[inverse] > 1)))
