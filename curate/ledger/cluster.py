"""One line of `clusters.parquet`: a pair that has copies or is one, and the edge that says so.

A cluster is a pair that stayed and those that went for it, each alike to it: likeness is never
passed along a chain. It is named by the pair that stayed. That pair may go in a later step.
"""

from __future__ import annotations

import polars as pl

KEPT, DROPPED = "kept", "dropped"
CLUSTER: dict[str, type[pl.DataType]] = {
    "cluster": pl.String,
    "pair_id": pl.String,
    "role": pl.String,
    "related_id": pl.String,
    "likeness": pl.Float64,
    "detail": pl.String,
}
"""`related_id`, `likeness` and `detail` are those of the edge to the pair that stayed; null for it."""

CLUSTERS: dict[str, type[pl.DataType]] = {"step": pl.String, "name": pl.String, **CLUSTER}
"""What a release holds of all steps."""


def clusters(removed: pl.DataFrame) -> pl.DataFrame:
    """Clusters of `pair_id`, `related_id`, `score`, `detail` of the pairs that go."""
    gone = removed.select(
        cluster="related_id",
        pair_id="pair_id",
        role=pl.lit(DROPPED),
        related_id="related_id",
        likeness="score",
        detail="detail",
    )
    names = gone["cluster"].unique()
    stay = pl.DataFrame({"cluster": names, "pair_id": names}).with_columns(role=pl.lit(KEPT))
    both = pl.concat([gone, stay], how="diagonal").cast(pl.Schema(CLUSTER))
    return both.sort("cluster", "role", "pair_id", descending=[False, True, False])
