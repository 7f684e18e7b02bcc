"""Labels found among neighbours: what the known pairs nearest to one say, and how well they agree.

Known are pairs that have both sides. A pair's neighbours are the known ones whose right sides
score highest with its left side, by a head (`curate.fits.head`) that has seen neither it nor its
copies. Neighbours that say the same count as one, the best of them. Each weighs as much as the
exponential of its score; the label is the one of them with the highest weighted mean cosine with
all (minimum Bayes risk; Kumar & Byrne, HLT-NAACL 2004), and that mean, their agreement, is the
confidence.

In:   as the head, `right` null where there is none; right_key (texts that say the same share one),
      asked (pairs that want neighbours)
Out:  pair_id (of those asked), chosen (the pair whose right side is the label), confidence,
      neighbours (ids, best first), note
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl

from curate.fits.fit import Fit
from curate.fits.folds import Rows, each_fold
from curate.fits.head import DECIMALS, Head
from curate.fits.ridge import BLOCK, Matrix, unit
from curate.fits.sides import Sides

RESULT: dict[str, Any] = {
    "pair_id": pl.String,
    "chosen": pl.String,
    "confidence": pl.Float64,
    "neighbours": pl.List(pl.String),
    "note": pl.String,
}


def neighbours(*, count: int, folds: int = 10) -> Fit:
    """The declaration; `count` neighbours of each pair are asked."""
    return Fit(
        name="neighbours",
        version=1,
        compute="curate.fits.neighbours:factory",
        params={"count": count, "folds": folds},
        libraries=("numpy", "scipy"),
    )


def factory(fit: Fit) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda table: found(table, fit.params)


def found(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """What the neighbours of every pair that is asked about agree on."""
    able = table.filter(pl.col("left").is_not_null()).sort("pair_id")
    learn = able["learn"] & able["right"].is_not_null()
    able = able.with_columns(learn.alias("learn"), pl.col("right").fill_null(_zeros(able)))
    rows: list[dict[str, Any]] = []
    sides, asked = Sides.of(able), able["asked"].to_numpy()

    def tell(known: Rows, told: Rows) -> None:
        told = told[asked[told]]
        if len(known) and len(told):
            rows.extend(_told(able, sides, known, told, params["count"]))

    each_fold(able, params["folds"], tell)
    named = pl.DataFrame(rows, schema=RESULT)
    absent = table.filter("asked").join(named, on="pair_id", how="anti")
    bare = pl.when(pl.col("left").is_null()).then(pl.lit("nothing to compare by"))
    why = absent.select("pair_id", note=bare.otherwise(pl.lit("too few pairs to learn from")))
    return pl.concat([named, why], how="diagonal").sort("pair_id")


def _told(
    table: pl.DataFrame, sides: Sides, known: Rows, told: Rows, count: int
) -> list[dict[str, Any]]:
    head, said = Head.learn(sides.only(known)), unit(sides.right[known])
    keys = table["right_key"].to_numpy()[known]
    ids, names = table["pair_id"].to_numpy()[known], table["pair_id"].to_numpy()
    rights, rows = head.rights(sides.right[known]), []
    for start in range(0, len(told), BLOCK):
        some = told[start : start + BLOCK]
        scores = head.lefts(sides.left.only(some)) @ rights.T
        for row, score in zip(some, scores.round(DECIMALS), strict=True):
            best = _best(score, keys, count)
            chosen, agreement = _agreed(said[best], score[best])
            rows.append(
                {
                    "pair_id": names[row],
                    "chosen": ids[best[chosen]],
                    "confidence": round(agreement, DECIMALS),
                    "neighbours": ids[best].tolist(),
                }
            )
    return rows


def _best(score: Matrix, keys: Rows, count: int) -> Rows:
    """The best scores, one of each key."""
    order = np.argsort(-score, kind="stable")
    _, first = np.unique(keys[order], return_index=True)
    return np.asarray(order[np.sort(first)[:count]])


def _agreed(said: Matrix, score: Matrix) -> tuple[int, float]:
    """Which row the others are nearest to, and how near, from 0 to 1."""
    weight = np.exp(score - score.max())
    mean = (said @ said.T) @ weight / weight.sum()
    chosen = int(np.argmax(mean))
    return chosen, float(np.clip(mean[chosen], 0.0, 1.0))


def _zeros(table: pl.DataFrame) -> pl.Expr:
    width = table.schema["right"].shape[0]  # type: ignore[attr-defined]
    return pl.lit([0.0] * width, table.schema["right"])
