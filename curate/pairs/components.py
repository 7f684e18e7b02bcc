"""Which things belong together when links are followed as far as they go."""

from __future__ import annotations

import numpy as np
import polars as pl


def components(ids: pl.Series, edges: pl.DataFrame) -> pl.DataFrame:
    """`pair_id`, `component`: the smallest id reachable over `left`-`right` edges, or its own.

    Linear in ids and edges (scipy's connected components).
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names = ids.unique().sort()
    index = pl.DataFrame({"id": names}).with_row_index("n")
    ends = edges.select("left", "right")
    ends = ends.join(index, left_on="left", right_on="id").rename({"n": "l"})
    ends = ends.join(index, left_on="right", right_on="id").rename({"n": "r"})
    left, right = ends["l"].to_numpy(), ends["r"].to_numpy()
    graph = coo_array((np.ones(len(left), bool), (left, right)), shape=(len(names), len(names)))
    _, labels = connected_components(graph, directed=False)
    frame = pl.DataFrame({"pair_id": names, "label": labels})
    return frame.select("pair_id", component=pl.col("pair_id").min().over("label"))


def stars(table: pl.DataFrame, by: str) -> pl.DataFrame:
    """Edges from every pair to the first with the same non-null value: linear, never quadratic."""
    known = table.filter(pl.col(by).is_not_null())
    hub = pl.col("pair_id").first().over(by)
    return known.select(left=hub, right="pair_id").filter(pl.col("left") != pl.col("right"))
