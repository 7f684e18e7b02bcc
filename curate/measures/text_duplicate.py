"""Near-duplicate texts: signatures that propose, and the true Jaccard similarity that decides.

Both look at a text's set of shingles: runs of `ngram` characters, or of `ngram` words, of its
normal form (Unicode NFKC, case folded, everything but letters, digits and single spaces removed).
A text shorter than one shingle is one shingle.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.measures.measure import Compute, Measure

PERMUTATIONS = 128
_NOT_TEXT = re.compile(r"[^\w\s]|_")


def text_minhash(ngram: int, unit: str) -> Measure:
    """R-MinHash signature of a text's shingles (rensa; Broder 1997)."""
    return Measure(
        name="text.minhash",
        version=1,
        of=("text",),
        returns={"signature": pl.Array(pl.UInt32, PERMUTATIONS)},
        compute="curate.measures.text_duplicate:minhash",
        params={"ngram": ngram, "unit": unit, "permutations": PERMUTATIONS, "seed": 1},
        libraries=("rensa", "polars-hash"),
        chunk=4096,
    )


def text_jaccard(ngram: int, unit: str) -> Measure:
    """Jaccard similarity of two texts' sets of shingles, 0 to 1."""
    return Measure(
        name="text.jaccard",
        version=1,
        of=("text", "text"),
        returns={"jaccard": pl.Float64},
        compute="curate.measures.text_duplicate:jaccard",
        params={"ngram": ngram, "unit": unit},
        chunk=4096,
    )


def shingles(text: str, ngram: int, unit: str) -> set[str]:
    """The set of shingles of a text's normal form; empty when it has no letter or digit."""
    plain = _NOT_TEXT.sub("", unicodedata.normalize("NFKC", text).casefold())
    words = plain.split()
    units: Sequence[str] = words if unit == "word" else " ".join(words)
    if not units:
        return set()
    joint = " " if unit == "word" else ""
    last = max(len(units) - ngram, 0)
    return {joint.join(units[start : start + ngram]) for start in range(last + 1)}


def minhash(measure: Measure, models: Mapping[str, Path]) -> Compute:
    import polars_hash as plh
    from rensa import RMinHash

    ngram, unit = measure.params["ngram"], measure.params["unit"]
    permutations, seed = measure.params["permutations"], measure.params["seed"]

    def compute(texts: Sequence[str]) -> pl.DataFrame:
        sets = [sorted(shingles(text, ngram, unit)) for text in texts]
        flat = pl.DataFrame({"shingle": [s for each in sets for s in each]}, {"shingle": pl.String})
        hashes = flat.select(plh.col("shingle").nchash.xxh3_64()).to_series().to_numpy()
        offsets = np.cumsum([0, *map(len, sets)]).astype(np.uint64)
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(
            hashes.astype(np.uint64), offsets, permutations, seed
        )
        signatures = np.array(matrix.to_rows(), dtype=np.uint32).reshape(-1, permutations)
        return pl.DataFrame({"signature": signatures}, schema=dict(measure.returns))

    return compute


def jaccard(measure: Measure, models: Mapping[str, Path]) -> Compute:
    ngram, unit = measure.params["ngram"], measure.params["unit"]

    def similarity(pair: tuple[str, str]) -> float:
        left, right = (shingles(text, ngram, unit) for text in pair)
        return len(left & right) / len(left | right) if left or right else 1.0

    def compute(pairs: Sequence[Any]) -> pl.DataFrame:
        return pl.DataFrame({"jaccard": [similarity(pair) for pair in pairs]})

    return compute
