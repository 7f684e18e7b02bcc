"""Pairs that belong together (of one speaker, one document) say less than as many that do not.

Intervals come from resampling clusters (percentile bootstrap, Efron 1979): 1,000 times as many
clusters are drawn as there are, with replacement, and all counts are taken anew. Clusters of equal
counts are drawn together, as one multinomial, so that a million pairs cost no more than the kinds of
clusters there are. The test is a t test of the difference with its variance between clusters
(linearised, Cochran 1977, ch. 11), with as many degrees of freedom as the group with fewer clusters
has, less one. A pair of no cluster is one of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from curate.evaluation.interval import LEVEL
from curate.governance.population import Counts, Field

DRAWS = 1000
FEWEST = 10
"""Clusters that a group and the rest must have each, to be judged."""
_AT_ONCE = 4_000_000
Matrix: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"


@dataclass(frozen=True)
class Clustered:
    """A group against the rest, by clusters."""

    rate: tuple[float, float]
    difference: tuple[float, float]
    p: float | None
    """None where there are too few clusters."""
    design_effect: float
    """How many times larger the difference's variance is than of as many pairs alone."""


@dataclass(frozen=True)
class _Table:
    """Kinds of clusters: how often each occurs, and its counts by group."""

    places: list[int]
    times: Matrix
    n: Matrix
    kept: Matrix


def clustered(counts: Counts, field: Field) -> dict[int, Clustered]:
    """By the group's place among the field's levels."""
    table = _table(counts, field)
    drawn_n, drawn_kept = _drawn(table)
    return {
        place: _clustered(table, column, drawn_n, drawn_kept)
        for column, place in enumerate(table.places)
    }


def _table(counts: Counts, field: Field) -> _Table:
    own = pl.format("pair {}", "pair_id")
    named = pl.format("cluster {}", pl.col("cluster").cast(pl.String))
    name, group = pl.coalesce(named, own).alias("name"), pl.col(field.column).alias("group")
    named_groups = counts.pairs.filter(pl.col(field.column).ne_missing(field.early))
    sizes = named_groups.group_by(name, group).agg(n=pl.len(), kept=pl.col("kept").sum())
    places = sizes["group"].unique().sort().to_list()
    wide = sizes.pivot("group", index="name", values=["n", "kept"]).fill_null(0)
    columns = [f"{what}_{place}" for what in ("n", "kept") for place in places]
    kinds = wide.group_by(columns).len().sort(columns)
    matrix = kinds.select(columns).to_numpy().astype(np.float64)
    times = kinds["len"].to_numpy().astype(np.float64)
    return _Table(places, times, matrix[:, : len(places)], matrix[:, len(places) :])


def _drawn(table: _Table) -> tuple[Matrix, Matrix]:
    """Counts by draw and group."""
    chance = np.random.default_rng(0)
    clusters = int(table.times.sum())
    both = np.hstack([table.n, table.kept])
    step = max(1, _AT_ONCE // len(table.times))
    parts = [
        chance.multinomial(clusters, table.times / clusters, size=min(step, DRAWS - start)) @ both
        for start in range(0, DRAWS, step)
    ]
    n, kept = np.hsplit(np.vstack(parts), 2)
    return n, kept


def _clustered(table: _Table, column: int, drawn_n: Matrix, drawn_kept: Matrix) -> Clustered:
    rest_n = drawn_n.sum(axis=1) - drawn_n[:, column]
    rest_kept = drawn_kept.sum(axis=1) - drawn_kept[:, column]
    rate = _over(drawn_kept[:, column], drawn_n[:, column])
    p, effect = _tested(table, column)
    return Clustered(_ends(rate), _ends(rate - _over(rest_kept, rest_n)), p, effect)


def _over(kept: Matrix, n: Matrix) -> Matrix:
    rates: Matrix = np.divide(kept, n, out=np.full(len(n), np.nan), where=n > 0)
    return rates


def _ends(drawn: Matrix) -> tuple[float, float]:
    if np.isnan(drawn).all():
        return 0.0, 1.0
    low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _tested(table: _Table, column: int) -> tuple[float | None, float]:
    """Two-sided p, and the design effect."""
    from scipy.stats import t

    n, kept = table.n[:, column], table.kept[:, column]
    rest_n, rest_kept = table.n.sum(axis=1) - n, table.kept.sum(axis=1) - kept
    sides = [(n, kept), (rest_n, rest_kept)]
    clusters = [float(table.times[size > 0].sum()) for size, _ in sides]
    if min(clusters) < 2:
        return None, 1.0
    totals = [float((table.times * size).sum()) for size, _ in sides]
    rates = [
        float((table.times * k).sum()) / total for (_, k), total in zip(sides, totals, strict=True)
    ]
    off = [
        (k - rate * size) / total
        for (size, k), rate, total in zip(sides, rates, totals, strict=True)
    ]
    every = float(table.times.sum())
    variance = every / (every - 1) * float((table.times * (off[0] - off[1]) ** 2).sum())
    alone = sum(r * (1 - r) / total for r, total in zip(rates, totals, strict=True))
    effect = max(1.0, variance / alone) if alone > 0 else 1.0
    if min(clusters) < FEWEST:
        return None, effect
    difference = abs(rates[0] - rates[1])
    if variance == 0:
        return (0.0 if difference > 0 else 1.0), effect
    return float(2 * t.sf(difference / variance**0.5, min(clusters) - 1)), effect
