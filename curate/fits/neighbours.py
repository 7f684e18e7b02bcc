"""Labels found among neighbours: what the known pairs nearest to one say, and how well they agree.

Known are pairs that have both sides. A pair's neighbours are the known ones whose right sides
score highest with its left side, by a head (`curate.fits.head`) that has seen neither it nor its
copies. Of those that say the same, one counts. Each weighs as much as the
exponential of its score; the label is the one of them with the highest weighted mean cosine with
all (minimum Bayes risk; Kumar & Byrne, HLT-NAACL 2004), and that mean, their agreement, is the
confidence.

In:   as the head, `right` null where there is none; right_key (texts that say the same share one),
      asked (pairs that want neighbours)
Out:  pair_id (of those asked), chosen (the pair whose right side is the label), confidence,
      neighbours (ids, best first), note
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from curate.fits.fit import Fit
from curate.fits.folds import Rows, each_fold
from curate.fits.head import DECIMALS, Head
from curate.fits.ridge import Matrix, blocks, unit
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
    head, ids = Head.learn(sides.only(known)), table["pair_id"].to_numpy()
    distinct = known[np.unique(table["right_key"].to_numpy()[known], return_index=True)[1]]
    lefts, rights = head.lefts(sides.left.only(told)), head.rights(sides.right[distinct])
    rows = []
    for row, (best, score) in zip(told, _best(lefts, rights, count), strict=True):
        chosen, agreement = _agreed(unit(sides.right[distinct[best]]), score)
        rows.append(
            {
                "pair_id": ids[row],
                "chosen": ids[distinct[best[chosen]]],
                "confidence": round(agreement, DECIMALS),
                "neighbours": ids[distinct[best]].tolist(),
            }
        )
    return rows


def _best(lefts: Matrix, rights: Matrix, count: int) -> Iterator[tuple[Rows, Matrix]]:
    """The rows of `rights` that score highest with each of `lefts`, and their scores, best first."""
    for some in blocks(len(lefts)):
        best, score = np.empty((len(lefts[some]), 0), dtype=np.int64), lefts[some][:, :0]
        for part in blocks(len(rights)):
            found = (lefts[some] @ rights[part].T).round(DECIMALS)
            places = np.broadcast_to(
                np.arange(part.start, part.start + found.shape[1]), found.shape
            )
            best, score = np.hstack([best, places]), np.hstack([score, found])
            order = np.argsort(-score, axis=1, kind="stable")[:, :count]
            best = np.take_along_axis(best, order, axis=1)
            score = np.take_along_axis(score, order, axis=1)
        yield from zip(best, score, strict=True)


def _agreed(said: Matrix, score: Matrix) -> tuple[int, float]:
    """The row that is nearest to all, and how near they are, from 0 to 1."""
    weight = np.exp(score - score.max())
    mean = (said @ said.T) @ weight / weight.sum()
    chosen = int(np.argmax(mean))
    return chosen, float(np.clip(mean[chosen], 0.0, 1.0))


def _zeros(table: pl.DataFrame) -> pl.Expr:
    width = table.schema["right"].shape[0]  # type: ignore[attr-defined]
    return pl.lit([0.0] * width, table.schema["right"])
