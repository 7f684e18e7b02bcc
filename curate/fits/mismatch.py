"""How many pairs are mismatched, estimated from what mismatched pairs would score.

Every pair comes with the scores of a few deliberately mismatched partners. A pair's p-value is the
share of its group's mismatched scores at or above its own: uniform for a pair that is mismatched
in the data, near 0 for most that match. Of the p-values above a point L hardly any belong to
matched pairs, so their number over 1 - L estimates how many are mismatched in all (`pi0`; Storey,
A direct approach to false discovery rates, J. R. Stat. Soc. B 64, 2002; with the 1 that Storey,
Taylor & Siegmund, J. R. Stat. Soc. B 66, 2004, add to the number). L goes up from 0.1 to 0.9 and
stops where the estimate no longer falls (the right-boundary rule of Liang & Nettleton, J. R. Stat.
Soc. B 74, 2012). Among the pairs with a p-value below t, then, `pi0 * t` over their share of all
pairs are expected to be mismatched; `mismatch_share` is the least such share of any set that
holds the pair and all better ones, as a q-value is (Storey & Tibshirani, PNAS 100, 2003).

It assumes that a pair mismatched in the data is like one mismatched by chance within the group,
and that matched pairs seldom score as low as the lowest of those. Where mismatches in the data are
near misses, more of them are kept than it says. Where many matched pairs score like mismatched
ones (an AUC below 0.9, or a long lower tail), it finds too many mismatched and drops too much:
by this score they cannot be told apart. Partners that do match now and then (captions that fit
many images) raise the p-values of matched pairs, and it errs the same way. The interval tells of
chance, not of this; and where no more than a handful of pairs meets a bound, which they are is
luck. A mixture of two normals, fitted, errs less upwards and more often downwards;
`benchmarks/mismatch.py` compares them.

In:   pair_id, score (null when unknown), mismatched (List or Array of Float64: scores of mismatched
      partners drawn within the pair's group, null where there are none), and, when there are any,
      group (text, null is a group of its own) and cluster (text: pairs that are not independent)
Out:  pair_id, p_value, mismatch_share, pi0, pi0_low, pi0_high (the same in every row; 95 % interval
      of a Bayesian bootstrap over clusters, Rubin, Ann. Stat. 9, 1981), note
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from curate.fits.fit import Fit
from curate.pairs.draw import rounds

Numbers: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"
Counts: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

FEWEST = 100
"""Mismatched scores of a group below which it is compared with those of all groups; with fewer
than these in all, nothing is said."""
STEPS = 10
"""L goes up in so many steps of equal width."""
DECIMALS = 6
RESULT: dict[str, type[pl.DataType]] = {
    "pair_id": pl.String,
    "p_value": pl.Float64,
    "mismatch_share": pl.Float64,
    "pi0": pl.Float64,
    "pi0_low": pl.Float64,
    "pi0_high": pl.Float64,
    "note": pl.String,
}


def mismatch(*, resamples: int = 200) -> Fit:
    return Fit(
        name="mismatch",
        version=2,
        compute="curate.fits.mismatch:factory",
        params={"resamples": resamples},
        libraries=("numpy",),
    )


MISMATCH = mismatch()


def factory(fit: Fit) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda table: estimated(table, fit.params)


def estimated(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """Every scored pair's p-value and share, and what they were estimated with."""
    known = _complete(table).filter(pl.col("score").is_not_null()).sort("pair_id")
    null = _null(_complete(table))
    told = _told(known, null, params) if null.height >= FEWEST and known.height else _untold(known)
    absent = table.join(known, on="pair_id", how="anti")
    both = pl.concat(
        [told, absent.select("pair_id", note=pl.lit("no score"))], how="diagonal_relaxed"
    )
    whole = pl.concat([pl.DataFrame(schema=RESULT), both], how="diagonal_relaxed")
    return whole.select(pl.col(name).cast(kind) for name, kind in RESULT.items()).sort("pair_id")


def _complete(table: pl.DataFrame) -> pl.DataFrame:
    """With a group and a cluster for every pair."""
    absent = {"group": pl.lit(None, pl.String), "cluster": pl.col("pair_id")}
    table = table.with_columns(**{n: v for n, v in absent.items() if n not in table.columns})
    return table.with_columns(pl.col("cluster").fill_null(pl.col("pair_id")))


def _null(table: pl.DataFrame) -> pl.DataFrame:
    """`group`, `score` of every mismatched partner, lowest first."""
    listed = pl.col("mismatched").cast(pl.List(pl.Float64))
    partners = table.select("group", score=listed).explode("score")
    return partners.filter(pl.col("score").is_finite()).sort("score")


def _untold(known: pl.DataFrame) -> pl.DataFrame:
    return known.select("pair_id", note=pl.lit("too few mismatched partners to compare with"))


def _told(known: pl.DataFrame, null: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    p = p_values(known, null)
    pi0, low, high = _mismatched_in_all(p, known["cluster"], params["resamples"])
    return known.select(
        "pair_id",
        p_value=pl.Series(p).round(DECIMALS),
        mismatch_share=pl.Series(shares(p, pi0)).round(DECIMALS),
        pi0=pl.lit(round(pi0, DECIMALS)),
        pi0_low=pl.lit(round(low, DECIMALS)),
        pi0_high=pl.lit(round(high, DECIMALS)),
    )


def p_values(known: pl.DataFrame, null: pl.DataFrame) -> Numbers:
    """Per pair the share of its group's null scores at or above its own, itself counted in."""
    large = {
        group: part["score"].to_numpy()
        for (group,), part in null.group_by("group", maintain_order=True)
        if part.height >= FEWEST
    }
    whole = null["score"].to_numpy()
    p = np.empty(known.height)
    rows = known.with_row_index("row").group_by("group", maintain_order=True)
    for (group,), part in rows:
        against = large.get(group, whole)
        below = np.searchsorted(against, part["score"].to_numpy(), "left")
        p[part["row"].to_numpy()] = (1 + len(against) - below) / (1 + len(against))
    return p


def shares(p: Numbers, pi0: float) -> Numbers:
    """Per pair the least expected share of mismatched in a set of it and all better ones."""
    order = np.argsort(p, kind="stable")
    ranked = p[order]
    as_good = np.searchsorted(ranked, ranked, "right")
    # A set reaches up to the p-value of the next pair, and the set of all up to 1: there it is pi0.
    reach = np.append(ranked, 1.0)[as_good]
    least = np.minimum.accumulate((pi0 * reach * len(p) / as_good)[::-1])[::-1]
    found = np.empty(len(p))
    found[order] = np.minimum(least, 1.0)
    return found


def _mismatched_in_all(
    p: Numbers, clusters: pl.Series, resamples: int
) -> tuple[float, float, float]:
    """The share of mismatched pairs, and the ends of its interval."""
    places = np.minimum((p * STEPS).astype(np.int64), STEPS - 1)
    names = clusters.unique().sort()
    cluster = names.search_sorted(clusters).to_numpy()
    found = [
        _storey(np.bincount(places, -np.log(chance[:-1])[cluster], STEPS), -np.log(chance[-1]))
        for chance in rounds(names.append(pl.Series(["\0one"])), resamples, "mismatch")
    ]
    point = _storey(np.bincount(places, minlength=STEPS), 1.0)
    low, high = np.quantile(found, [0.025, 0.975])
    return point, min(float(low), point), max(float(high), point)


def _storey(counts: Counts, one: float) -> float:
    """The share of nulls by the number of p-values in each step from 0 to 1."""
    above = (counts[::-1].cumsum()[::-1] + one)[1:]
    found = above * STEPS / (np.arange(STEPS - 1, 0, -1) * counts.sum())
    rises = np.flatnonzero(np.diff(found) >= 0)
    stop = rises[0] + 1 if len(rises) else -1
    return float(min(1.0, found[stop]))
