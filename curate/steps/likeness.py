"""Which contents are alike: cheap proposals first, then one careful look at each.

Images: PDQ hashes within 31 of 256 bits, or small pictures close as a whole, propose; the verdict
is the least alike spot of the two 32 by 32 pictures, because what tells the six from the eight of
clubs, or one skin tone from another, is small and local. Texts: MinHash bands propose, the true
Jaccard similarity decides.

Everything here speaks of contents (`left` < `right` are content keys), never of pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, log
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate.measures.image_duplicate import IMAGE_PDQ, IMAGE_THUMBNAIL, SIDE
from curate.measures.text_duplicate import PERMUTATIONS, text_jaccard, text_minhash

if TYPE_CHECKING:
    from curate.measures.measure import Measure
    from curate.steps.dedup import MinHash
    from curate.steps.step import Ask

EDGES: dict[str, Any] = {
    "left": pl.String,
    "right": pl.String,
    "score": pl.Float64,
    "detail": pl.String,
}
PDQ_RADIUS = 31
"""PDQ's own recommendation for a match."""
_WHOLE = 12.0
"""Mean difference in grey levels at 8 by 8 below which two pictures are worth a careful look."""
_ASPECT = 0.08
"""Largest difference of the logarithms of two aspect ratios."""
_BLOCK = 2048


def proposers(modality: str, minhash: MinHash) -> tuple[Measure, ...]:
    """The measures that near duplicates of a modality are proposed from."""
    if modality == "image":
        return (IMAGE_PDQ, IMAGE_THUMBNAIL)
    return (text_minhash(minhash.ngram, minhash.unit),)


def images(keys: pl.Series, ask: Ask, likeness: float) -> pl.DataFrame:
    """Pairs of images whose least alike spot is at least this alike."""
    seen = ask.measure([IMAGE_PDQ, IMAGE_THUMBNAIL], keys).filter(pl.col("error").is_null())
    if seen.height < 2:
        return pl.DataFrame(schema=EDGES)
    left, right = _propose_images(seen)
    pictures = _pictures(seen, SIDE)
    aspects = np.log(seen["aspect"].to_numpy())
    scores = [_least_alike(pictures, *part) for part in _parts(left, right)]
    score = np.concatenate([np.zeros(0), *scores])
    good = (score >= likeness) & (np.abs(aspects[left] - aspects[right]) <= _ASPECT)
    return _edges(seen["key"], left[good], right[good], score[good], "image")


def texts(keys: pl.Series, ask: Ask, minhash: MinHash) -> pl.DataFrame:
    """Pairs of texts whose sets of shingles have at least this Jaccard similarity.

    `keys` are in order of preference: of a bucket too large to compare whole, every member is
    compared with the most preferred.
    """
    order = keys.drop_nulls().unique(maintain_order=True).to_frame("key").with_row_index("rank")
    signatures = ask.measure(text_minhash(minhash.ngram, minhash.unit), keys)
    signatures = signatures.join(order, on="key").sort("rank")
    proposed = _propose_texts(signatures, minhash.threshold)
    verified = ask.compare(text_jaccard(minhash.ngram, minhash.unit), proposed)
    found = verified.filter(pl.col("jaccard") >= minhash.threshold)
    return found.select("left", "right", score="jaccard", detail=pl.lit("text"))


def all_alike(nodes: pl.DataFrame, columns: list[str], found: list[pl.DataFrame]) -> pl.DataFrame:
    """Pairs of nodes alike (or equal) in every column: `left`, `right` node ids, least score."""
    candidates = [
        _expand(nodes, column, edges) for column, edges in zip(columns, found, strict=True)
    ]
    if len(candidates) == 1:
        return candidates[0]
    joined = candidates[0]
    for other in candidates[1:]:
        joined = joined.join(other, on=["left", "right"], suffix="_other").select(
            "left",
            "right",
            score=pl.min_horizontal("score", "score_other"),
            detail=pl.concat_str("detail", "detail_other", separator=", "),
        )
    return joined


def _expand(nodes: pl.DataFrame, column: str, edges: pl.DataFrame) -> pl.DataFrame:
    """Edges between contents as edges between the nodes that hold them, equal contents included."""
    holders = nodes.select("node", key=column)
    equal = holders.select(
        left="key", right="key", score=pl.lit(1.0), detail=pl.lit("equal ") + column
    ).unique()
    both = pl.concat([edges, equal.cast(pl.Schema(EDGES))])
    ends = both.join(holders, left_on="left", right_on="key").rename({"node": "l"})
    ends = ends.join(holders, left_on="right", right_on="key").rename({"node": "r"})
    ends = ends.filter(pl.col("l") != pl.col("r"))
    return ends.select(
        left=pl.min_horizontal("l", "r"),
        right=pl.max_horizontal("l", "r"),
        score="score",
        detail="detail",
    ).unique(["left", "right"])


def _propose_images(seen: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Indices of pictures worth comparing; every pair once."""
    words = np.frombuffer(b"".join(seen["pdq"]), dtype=np.uint64).reshape(-1, 4)
    coarse = _pictures(seen, 8).reshape(len(seen), -1).astype(np.float32)
    found: list[np.ndarray] = []
    for start in range(0, len(seen), _BLOCK):
        block = slice(start, start + _BLOCK)
        near = _hamming(words[block], words[start:]) <= PDQ_RADIUS
        near |= _distance(coarse[block], coarse[start:]) <= _WHOLE
        rows, columns = np.nonzero(np.triu(near, 1))
        found.append(np.stack([rows + start, columns + start]))
    left, right = np.concatenate(found, axis=1)
    return left, right


def _hamming(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    total = np.zeros((len(left), len(right)), np.uint16)
    for word in range(left.shape[1]):
        total += np.bitwise_count(left[:, None, word] ^ right[None, :, word])
    return total


def _distance(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Root mean square difference of rows."""
    squares = (left**2).sum(1)[:, None] + (right**2).sum(1)[None, :] - 2 * left @ right.T
    distance: np.ndarray = np.sqrt(np.maximum(squares, 0) / left.shape[1])
    return distance


def _pictures(seen: pl.DataFrame, side: int) -> np.ndarray:
    """The small pictures as (n, side, side, 3), each pixel the mean of its area."""
    flat = np.frombuffer(b"".join(seen["thumbnail"]), dtype=np.uint8)
    cell = SIDE // side
    cells = flat.reshape(-1, side, cell, side, cell, 3)
    pictures: np.ndarray = cells.mean((2, 4), dtype=np.float32)
    return pictures


def _parts(left: np.ndarray, right: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for start in range(0, len(left), _BLOCK):
        yield left[start : start + _BLOCK], right[start : start + _BLOCK]


def _least_alike(pictures: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """1 minus the largest difference of any colour in any spot of 2 by 2, as a share of 255."""
    difference = np.abs(pictures[left] - pictures[right])
    spots = difference.reshape(len(left), SIDE // 2, 2, SIDE // 2, 2, 3).mean((2, 4))
    score: np.ndarray = 1 - spots.max((1, 2, 3)) / 255
    return score.astype(np.float64).round(6)


def _edges(keys: pl.Series, left: Any, right: Any, score: Any, detail: str) -> pl.DataFrame:
    frame = pl.DataFrame({"left": keys[left], "right": keys[right], "score": score})
    return frame.with_columns(detail=pl.lit(detail)).cast(pl.Schema(EDGES))


def bands(threshold: float) -> tuple[int, int]:
    """Bands and rows so that a pair at the threshold is proposed with at least 99.9 %.

    A pair of similarity s shares a band of r rows with probability 1 - (1 - s^r)^b.
    """
    fit = [rows for rows in range(1, 17) if _miss(threshold, rows) <= 0.001]
    rows = max(fit, default=1)
    return PERMUTATIONS // rows, rows


def _miss(threshold: float, rows: int) -> float:
    return float((1 - threshold**rows) ** (PERMUTATIONS // rows))


def _propose_texts(signatures: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """Pairs of keys that share a band."""
    count, rows = bands(threshold)
    frames = [_bucket_edges(signatures, band * rows, rows) for band in range(count)]
    return pl.concat(frames).unique()


def _bucket_edges(signatures: pl.DataFrame, start: int, rows: int) -> pl.DataFrame:
    """Every two members of a small bucket; every member of a large one with its first few."""
    matrix = signatures["signature"].to_numpy()[:, start : start + rows]
    bucket = np.ascontiguousarray(matrix).view(f"V{4 * rows}").ravel()
    _, inverse, counts = np.unique(bucket, return_inverse=True, return_counts=True)
    frame = pl.DataFrame({"key": signatures["key"], "bucket": inverse}).filter(
        pl.Series(counts[inverse] > 1)
    )
    members = frame.group_by("bucket", maintain_order=True).agg("key")
    small = pl.col("key").list.len() <= _WHOLE_BUCKET
    hubs = pl.when(small).then("key").otherwise(pl.col("key").list.head(_HUBS))
    edges = members.select(l=hubs, r="key").explode("l").explode("r")
    return edges.filter(pl.col("l") != pl.col("r")).select(
        left=pl.min_horizontal("l", "r"), right=pl.max_horizontal("l", "r")
    )


_HUBS = 8
"""Of a large bucket, so many that all its members are compared with."""
_WHOLE_BUCKET = ceil(4 * log(PERMUTATIONS))
"""Largest bucket whose members are all compared with one another: 20."""
