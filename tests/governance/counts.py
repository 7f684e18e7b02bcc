"""Releases' tables made from counts, and simulated ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from curate.governance.population import Counts, Field
from curate.ledger.verdict import LEDGER

UNEVEN = (3000, 1500, 1000, 700, 500, 300, 200, 120)


def release(
    field: str, groups: Mapping[str | None, tuple[int, int]], step: str = "filter"
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Pairs and decisions of one step: by group, how many were kept of how many."""
    rows = [
        (group, "kept" if place < kept else "dropped")
        for group, (kept, n) in groups.items()
        for place in range(n)
    ]
    return decided(pl.DataFrame(rows, {field: pl.String, "status": pl.String}, orient="row"), step)


def decided(rows: pl.DataFrame, step: str = "filter") -> tuple[pl.DataFrame, pl.DataFrame]:
    """Complete pairs of any columns and `status`, and what one step said of them."""
    pairs = rows.with_row_index("pair_id").with_columns(
        pl.col("pair_id").cast(pl.String).str.zfill(8), origin=pl.lit("collected")
    )
    drop = pl.col("status") != "kept"
    verdict = pl.when(drop).then(pl.lit("drop")).otherwise(pl.lit("keep"))
    return pairs, lines(pairs.select("pair_id", verdict=verdict), "01", step)


def lines(said: pl.DataFrame, step: str, name: str) -> pl.DataFrame:
    """The ledger's lines of `pair_id`, `verdict`, and what else is known."""
    known = said.with_columns(step=pl.lit(step), name=pl.lit(name))
    missing = [pl.lit(None, t).alias(n) for n, t in LEDGER.items() if n not in known.columns]
    return known.with_columns(missing).select(list(LEDGER))


def counts(kept: Sequence[int], sizes: Sequence[int]) -> Counts:
    """Pairs of one field's groups, so many of so many kept."""
    field = Field("group", "group_0", tuple(f"g{place}" for place in range(len(sizes))))
    pairs = {
        "group_0": np.repeat(np.arange(len(sizes)), sizes),
        "kept": np.concatenate([np.arange(n) < k for k, n in zip(kept, sizes, strict=True)]),
    }
    return Counts((field,), pl.DataFrame(pairs))


def simulated(seed: int, rates: Sequence[float], sizes: Sequence[int] = UNEVEN) -> Counts:
    """Groups of these sizes, each kept at its rate."""
    return counts(np.random.default_rng(seed).binomial(sizes, rates).tolist(), sizes)
