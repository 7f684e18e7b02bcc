"""Copies side by side: the largest clusters, and those whose members are least alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from curate.ledger.cluster import KEPT
from curate.report.content import Cluster, Member

if TYPE_CHECKING:
    from curate.governance.evidence import Evidence

EACH = 8
"""Clusters of the largest, and of the least alike."""
MEMBERS = 6
_OF = ["step", "name", "cluster"]


def clusters(evidence: Evidence) -> tuple[list[Cluster], int]:
    """Some of the clusters, and how many there are in all."""
    if evidence.clusters is None or not evidence.clusters.height:
        return [], 0
    rows = evidence.clusters
    sizes = rows.group_by(_OF).agg(size=pl.len(), least=pl.col("likeness").min())
    largest = sizes.sort("size", *_OF, descending=[True, False, False, False]).head(EACH)
    unlike = sizes.sort("least", *_OF, nulls_last=True).head(EACH)
    some = pl.concat([largest, unlike]).unique(_OF, keep="first", maintain_order=True)
    found = [_cluster(rows, *names) for names in some.select(*_OF, "size").iter_rows()]
    return found, sizes.height


def _cluster(rows: pl.DataFrame, step: str, name: str, cluster: str, size: int) -> Cluster:
    """The one that stayed, then those least alike to it."""
    mine = rows.filter((pl.col("step") == step) & (pl.col("cluster") == cluster))
    ordered = mine.sort(pl.col("role") != KEPT, "likeness", "pair_id").head(MEMBERS)
    columns = ordered.select("pair_id", "role", "related_id", "likeness", "detail")
    return Cluster(step, name, size, tuple(Member(*row) for row in columns.iter_rows()))
