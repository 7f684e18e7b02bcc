"""Embeddings of pairs in two dimensions: their first two principal components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate.report.content import Map

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curate.governance.evidence import Evidence

COLOURS = 12
"""Values of a field that have a colour of their own; the rest share one."""
_DECIMALS = 4
_BLOCK, _ROUNDS = 12, 6
"""Directions that are followed, and how often; the two of most variance are then exact to a per mille."""
_OTHER, _UNKNOWN, _WITHHELD = "other", "unknown", "withheld"


@dataclass(frozen=True)
class Embedded:
    """Vectors of pairs, and where they are from."""

    field: str
    encoder: str
    vectors: pl.DataFrame
    """`pair_id` and `vector`, an array of numbers, of the pairs drawn."""
    of: int
    """Pairs that they were drawn from."""


def map_of(embedded: Embedded, evidence: Evidence, withheld: pl.Series) -> Map | None:
    """The pairs where two axes show most of how they differ; None of fewer than three. What is known
    of pairs whose ids are `withheld` does not colour them.
    """
    vectors = embedded.vectors
    if vectors.height < 3:
        return None
    places, share = principal(vectors["vector"].to_numpy())
    rows = vectors.select("pair_id").join(evidence.pairs, on="pair_id", maintain_order="left")
    hidden = rows["pair_id"].is_in(withheld.implode())
    return Map(
        title=f"{embedded.field} as seen by {embedded.encoder}; two axes show {share:.0%} of the variance",
        pair_ids=vectors["pair_id"].to_list(),
        x=places[:, 0].tolist(),
        y=places[:, 1].tolist(),
        colours=dict(_colours(rows, hidden, evidence)),
        of=embedded.of,
    )


def principal(vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """Coordinates (n, 2) within ±1 by the two directions in which vectors of unit length vary most, and
    the share of the variance that they hold. Of each direction the greatest component is positive, so
    that it is always the same.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = vectors / np.where(lengths > 0, lengths, 1)
    centred = (vectors - vectors.mean(axis=0, dtype=np.float64)).astype(np.float32)
    axes = _axes(centred)
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), range(axes.shape[1])])
    along = (centred @ axes * np.where(signs < 0, -1, 1)).astype(np.float64)
    total = float(np.square(centred, dtype=np.float64).sum())
    places = np.zeros((len(vectors), 2))
    places[:, : along.shape[1]] = along
    scale = float(np.abs(places).max()) or 1.0
    share = min(1.0, float(np.square(along).sum()) / total) if total else 0.0
    return np.round(places / scale, _DECIMALS), share


def _axes(centred: np.ndarray) -> np.ndarray:
    """The two directions of most variance (width, 2), by subspace iteration: Halko, Martinsson & Tropp,
    Finding structure with randomness, SIAM Review 53 (2011), algorithm 4.4, begun without chance.
    """
    width = centred.shape[1]
    found = np.cos(np.outer(np.arange(width) + 1, np.arange(min(width, _BLOCK)) + 1))
    for _ in range(_ROUNDS):
        found = np.linalg.qr(centred.T @ (centred @ found.astype(np.float32)))[0]
    inside = centred @ found
    turned = np.linalg.eigh((inside.T @ inside).astype(np.float64))[1]
    axes: np.ndarray = (found @ turned[:, ::-1][:, :2]).astype(np.float32)
    return axes


def _colours(
    rows: pl.DataFrame, hidden: pl.Series, evidence: Evidence
) -> Iterator[tuple[str, list[str]]]:
    """What the points can be coloured by."""
    yield "status", rows["status"].to_list()
    for name in ("split", "origin"):
        if name in rows.columns and rows[name].n_unique() > 1:
            yield name, rows[name].fill_null(_UNKNOWN).to_list()
    fields: dict[str, Any] = evidence.lock["recipe"]["fields"]
    for name in (name for name, field in fields.items() if field.get("group")):
        yield name, _values(rows[name].cast(pl.String), hidden).to_list()


def _values(values: pl.Series, hidden: pl.Series) -> pl.Series:
    """The most frequent values by their names."""
    told = values.fill_null(_UNKNOWN)
    counts = told.to_frame("value").group_by("value").len()
    most = counts.sort("len", "value", descending=[True, False])["value"].head(COLOURS)
    frame = pl.DataFrame({"told": told, "hidden": hidden})
    known = pl.when(pl.col("told").is_in(most.implode())).then("told").otherwise(pl.lit(_OTHER))
    return frame.select(pl.when("hidden").then(pl.lit(_WITHHELD)).otherwise(known)).to_series()
