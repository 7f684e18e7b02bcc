"""Heads judged by pairs that neither they nor any step has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate.evaluation.interval import DECIMALS, area, statistic_interval
from curate.fits.head import Head
from curate.fits.sides import Sides
from curate.pairs.draw import uniform

if TYPE_CHECKING:
    from curate.evaluation.interval import Rows

CUT = 10
"""Recall is taken at this rank."""


class Judged:
    """One head's scores of the held-out pairs: every left side with every right side."""

    def __init__(self, scores: Rows, same: Rows) -> None:
        self.own = scores.diagonal()
        self.others = np.where(same, np.nan, scores)

    def auc(self, rows: Rows) -> float:
        others = self.others[np.ix_(rows, rows)]
        return area(self.own[rows], others[~np.isnan(others)])

    def recall(self, rows: Rows) -> float:
        better = np.nansum(self.others[rows] > self.own[rows, None], axis=1)
        return float((better < CUT).mean())

    def figures(self) -> dict[str, float]:
        rows = np.arange(len(self.own))
        return {
            "auc": round(self.auc(rows), DECIMALS),
            f"recall@{CUT}": round(self.recall(rows), DECIMALS),
        }


class Judge:
    """The held-out pairs, and how heads are compared by them."""

    def __init__(self, held: pl.DataFrame) -> None:
        self.held = held
        self.sides = Sides.of(held)
        keys = held["right_key"].to_numpy()
        self.same = keys[:, None] == keys[None, :]

    def of(self, known: pl.DataFrame) -> Judged:
        learned = Head.learn(Sides.of(known))
        return Judged(learned.matrix(self.sides.left, self.sides.right), self.same)

    def gain(self, own: Judged, raws: list[Judged]) -> dict[str, Any]:
        groups = self.held["fold_group"].to_numpy()

        def auc(rows: Rows) -> float:
            return own.auc(rows) - float(np.mean([raw.auc(rows) for raw in raws]))

        def recall(rows: Rows) -> float:
            return own.recall(rows) - float(np.mean([raw.recall(rows) for raw in raws]))

        return {
            "auc": statistic_interval(auc, groups, 200),
            f"recall@{CUT}": statistic_interval(recall, groups, 200),
        }


def sample(rows: pl.DataFrame, size: int, number: int) -> pl.DataFrame:
    draw = uniform(rows["pair_id"], number, "raw sample")
    return rows.with_columns(draw=draw).sort("draw").head(size).drop("draw").sort("pair_id")


def means(figures: list[dict[str, float]]) -> dict[str, float]:
    return {
        name: round(float(np.mean([found[name] for found in figures])), DECIMALS)
        for name in figures[0]
    }
