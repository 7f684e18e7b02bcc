"""Near-duplicate texts: signatures that propose, and the true overlap of shingles that decides.

Both look at a text's set of shingles: runs of `ngram` characters, or of `ngram` words, of its plain
form (`curate.pairs.wording`). A text shorter than one shingle is one shingle; a text without a
letter or digit has none, and says so in `error`. Shingles are known by hashes, of 48 bits where sets
are compared: of two texts of a thousand shingles each, one pair of unlike shingles is taken for equal
once in 280 million times.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from curate.measures.measure import Compute, Measure
from curate.pairs.wording import apart, normal, plain

PERMUTATIONS = 128
NOTHING = "has no letter or digit"
_COUPLES = 256
"""Counted at once: more would not stay in a processor's own memory."""
_TAG, _HASH, _LOW = np.uint64(16), np.uint64(48), np.uint64(2**48 - 1)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
Hashes: TypeAlias = "np.ndarray[Any, np.dtype[np.uint64]]"

TEXT_FORMS = Measure(
    name="text.forms",
    version=1,
    of=("text",),
    returns={"normal": pl.Binary, "plain": pl.Binary},
    compute="curate.measures.text_duplicate:forms",
    chunk=4096,
)
"""128 bits that name a text's normal form (Unicode NFKC, case folded, white space single), and its
plain form; nothing for the latter where no letter or digit is in it.
"""


def text_minhash(ngram: int, unit: str) -> Measure:
    """R-MinHash signature of a text's shingles (rensa; Broder 1997)."""
    return Measure(
        name="text.minhash",
        version=2,
        of=("text",),
        returns={"signature": pl.Array(pl.UInt32, PERMUTATIONS)},
        compute="curate.measures.text_duplicate:minhash",
        params={"ngram": ngram, "unit": unit, "permutations": PERMUTATIONS, "seed": 1},
        libraries=("rensa", "polars-hash"),
        chunk=2048,
    )


def text_overlap(ngram: int, unit: str) -> Measure:
    """How far two texts' sets of shingles overlap, 0 to 1: as a share of both together (Jaccard),
    and of the smaller set (containment; Broder 1997).
    """
    return Measure(
        name="text.overlap",
        version=1,
        of=("text", "text"),
        returns={"jaccard": pl.Float64, "containment": pl.Float64},
        compute="curate.measures.text_duplicate:overlap",
        params={"ngram": ngram, "unit": unit},
        libraries=("polars-hash",),
        chunk=2048,
    )


def forms(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(texts: Sequence[str]) -> pl.DataFrame:
        rows = [(normal(text), plain(text)) for text in texts]
        named = [(_name(as_read), _name(bare) if bare else None) for as_read, bare in rows]
        return pl.DataFrame(named, schema=dict(measure.returns), orient="row")

    return compute


def minhash(measure: Measure, models: Mapping[str, Path]) -> Compute:
    from rensa import RMinHash

    ngram, unit = measure.params["ngram"], measure.params["unit"]
    permutations, seed = measure.params["permutations"], measure.params["seed"]

    def compute(texts: Sequence[str]) -> pl.DataFrame:
        hashes, counts = shingles([plain(text) for text in texts], ngram, unit)
        offsets = np.cumsum([0, *counts]).astype(np.uint64)
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, permutations, seed)
        rows = _table(matrix.to_rows()).reshape(-1, permutations)
        values = pl.DataFrame({"signature": rows}, dict(measure.returns))
        lacking = pl.Series("error", [None if count else NOTHING for count in counts], pl.String)
        signature = pl.when(lacking.is_null()).then("signature").alias("signature")
        return values.with_columns(signature, lacking)

    return compute


def overlap(measure: Measure, models: Mapping[str, Path]) -> Compute:
    ngram, unit = measure.params["ngram"], measure.params["unit"]

    def compute(couples: Sequence[tuple[str, str]]) -> pl.DataFrame:
        parts = [couples[start : start + _COUPLES] for start in range(0, len(couples), _COUPLES)]
        frames = [_overlaps(part, ngram, unit) for part in parts]
        return pl.concat([pl.DataFrame(schema=dict(measure.returns)), *frames])

    return compute


def shingles(forms: Sequence[str], ngram: int, unit: str) -> tuple[Hashes, list[int]]:
    """Hashes of all shingles of plain forms, one after the other, and how many each has."""
    units, lengths = _words(forms) if unit == "word" else _characters(forms)
    return _windows(units, np.array(lengths, np.int64), ngram)


def _characters(forms: Sequence[str]) -> tuple[Hashes, list[int]]:
    codes = np.frombuffer("".join(forms).encode("utf-32-le", "surrogatepass"), np.uint32)
    return codes.astype(np.uint64), [len(form) for form in forms]


def _words(forms: Sequence[str]) -> tuple[Hashes, list[int]]:
    import polars_hash as plh

    split = pl.Series("word", [apart(form) or None for form in forms], pl.String).str.split(" ")
    flat = split.drop_nulls().explode().to_frame()
    hashes = flat.select(plh.col("word").nchash.xxh3_64()).to_series().to_numpy()
    return hashes.astype(np.uint64), split.list.len().fill_null(0).to_list()


def _windows(units: Hashes, lengths: np.ndarray, ngram: int) -> tuple[Hashes, list[int]]:
    """A polynomial over each run of `ngram` units of a text, mixed; zeros stand behind a text, so
    that a short one is one run and none reaches into the next.
    """
    counts = np.where(lengths > 0, np.maximum(lengths - ngram + 1, 1), 0)
    gap = ngram - 1
    starts = np.cumsum(lengths + gap) - (lengths + gap)
    spread = np.zeros(len(units) + gap * len(lengths) + gap, np.uint64)
    shift = np.repeat(np.arange(len(lengths)) * gap, lengths)
    spread[np.arange(len(units)) + shift] = units
    hashes = spread[: len(spread) - gap].copy()
    for step in range(1, ngram):
        hashes *= _FACTOR
        hashes += spread[step : len(spread) - gap + step]
    edges = np.zeros(len(hashes) + 1, np.int8)
    np.add.at(edges, starts, counts > 0)
    np.subtract.at(edges, starts + counts, counts > 0)
    inside = np.cumsum(edges[:-1], dtype=np.int8).astype(bool)
    return _mixed(hashes[inside]), counts.tolist()


def _mixed(hashes: Hashes) -> Hashes:
    """Every bit made to depend on all others (the finaliser of SplitMix64, Steele et al. 2014)."""
    hashes ^= hashes >> np.uint64(30)
    hashes *= np.uint64(0xBF58476D1CE4E5B9)
    hashes ^= hashes >> np.uint64(27)
    hashes *= np.uint64(0x94D049BB133111EB)
    hashes ^= hashes >> np.uint64(31)
    return hashes


def _table(rows: Iterable[list[int]]) -> np.ndarray:
    """Rows of numbers below 2^32, one after the other; NumPy takes five times as long for lists."""
    flat = array("I")
    for row in rows:
        flat.fromlist(row)
    return np.frombuffer(flat, np.uint32)


def _name(form: str) -> bytes:
    return hashlib.blake2b(form.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _overlaps(couples: Sequence[tuple[str, str]], ngram: int, unit: str) -> pl.DataFrame:
    """Jaccard and containment of couples, all counted in one sort; 0 where there are no shingles.

    A text's place in 16 bits stands before 48 of each hash.
    """
    texts = {text: n for n, text in enumerate(dict.fromkeys(chain.from_iterable(couples)))}
    hashes, counts = shingles([plain(text) for text in texts], ngram, unit)
    sets = np.sort(_tagged(np.repeat(np.arange(len(texts)), counts), hashes >> _TAG))
    sets = sets[np.diff(sets, prepend=~sets[:1]) != 0]
    sizes = np.bincount(sets >> _HASH, minlength=len(texts))
    sides = np.array([[texts[left], texts[right]] for left, right in couples])
    chosen, couple = _ranges(np.cumsum(sizes) - sizes, sizes, sides.ravel())
    shared = np.sort(_tagged(couple // 2, sets[chosen] & _LOW))
    shared = shared[1:][shared[1:] == shared[:-1]]
    common = np.bincount(shared >> _HASH, minlength=len(couples))
    both, smaller = sizes[sides].sum(1) - common, sizes[sides].min(1)
    return pl.DataFrame(
        {"jaccard": common / np.maximum(both, 1), "containment": common / np.maximum(smaller, 1)}
    )


def _tagged(places: np.ndarray, hashes: Hashes) -> Hashes:
    return (places.astype(np.uint64) << _HASH) | hashes


def _ranges(
    starts: np.ndarray, sizes: np.ndarray, chosen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """All places in the chosen ranges, one range after the other, and whose each is."""
    lengths = sizes[chosen]
    before = np.cumsum(lengths) - lengths
    owners = np.repeat(np.arange(len(chosen)), lengths)
    return np.arange(len(owners)) + (starts[chosen] - before)[owners], owners
