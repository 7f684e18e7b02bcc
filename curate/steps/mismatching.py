"""Deliberate mismatches: what chance alone would score, drawn so that the draw never changes."""

from __future__ import annotations

import polars as pl

from curate.pairs.draw import uniform

DRAWS = 4
"""Mismatches of each pair."""


def mismatched(pairs: pl.DataFrame, draws: int = DRAWS) -> pl.DataFrame:
    """`pairs` (pair_id, left, right, group) with `right` of other pairs of the same group.

    Each draw deals the right sides of a group anew and moves everyone on by one, so that each is
    used about equally often. A right side with the same content is no mismatch and is left out.
    """
    dealt = [_dealt(pairs, number) for number in range(draws)]
    return pl.concat([pairs.clear(), *dealt]).unique(maintain_order=True)


def _dealt(pairs: pl.DataFrame, number: int) -> pl.DataFrame:
    order = pairs.with_columns(draw=uniform(pairs["pair_id"], number, "mismatch"))
    moved = order.sort("group", "draw", "pair_id").with_columns(
        other=pl.col("right")
        .shift(-1)
        .over("group")
        .fill_null(pl.col("right").first().over("group"))
    )
    unlike = moved.filter(pl.col("other") != pl.col("right"))
    return unlike.select("pair_id", "left", right="other", group="group")
