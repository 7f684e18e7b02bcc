"""Self-training: a label learned from the pairs that have one, then also from those it is sure of.

In each round a multinomial logistic regression on standardised features (`curate.fits.labels`)
learns from the known pairs and, from the second round on, from the open ones that the last round
was sure of, with the labels it gave them (Scudder 1965; Yarowsky, ACL 1995). The gold part has
labels that no round learns from: the share of them that a round tells right is its quality. When
that does not rise any more, or after so many rounds as were asked for, the best round's labels are
taken, and `note` says how it went. Without a gold part there is one round. Rounds are chosen by the gold part, which makes its last figure
a little too good.

In:   pair_id, features (vectors of fixed width, null when absent), label (text, null when open),
      learn (known pairs), asked (open pairs, and the gold part: asked, with a label)
Out:  pair_id (of those asked), label, confidence (the probability that the model gives it), note
      (the same for all), error (why there is no label)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from curate.fits.fit import Fit
from curate.fits.folds import FEWEST, Rows
from curate.fits.head import DECIMALS
from curate.fits.labels import classifier
from curate.fits.ridge import Matrix

RESULT: dict[str, type[pl.DataType]] = {
    "pair_id": pl.String,
    "label": pl.String,
    "confidence": pl.Float64,
    "note": pl.String,
    "error": pl.String,
}


def self_training(*, rounds: int, sure: float, strength: float = 5.0) -> Fit:
    """The declaration; open pairs are learned from when a label's probability is at least `sure`.
    `strength` is that of `curate.fits.labels.labels`.
    """
    return Fit(
        name="self_training",
        version=1,
        compute="curate.fits.self_training:factory",
        params={"rounds": rounds, "sure": sure, "strength": strength},
        libraries=("numpy", "scikit-learn", "scipy"),
    )


def factory(fit: Fit) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda table: trained(table, fit.params)


def trained(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """The best round's labels of all pairs that are asked about."""
    from threadpoolctl import threadpool_limits

    able = table.filter(pl.col("features").is_not_null()).sort("pair_id")
    pool = Pool.of(able)
    if not pool.teaches:
        return _result(table, error="too few pairs to learn from")
    with threadpool_limits(1):
        tried = list(_rounds(pool, params))
    best = max(tried, key=lambda one: one.quality)
    asked = (
        able.filter("asked")
        .select("pair_id")
        .with_columns(
            pl.Series("label", best.labels, pl.String),
            pl.Series("confidence", best.chances.round(DECIMALS)),
        )
    )
    return _result(table, asked, _told(tried, params["rounds"], judged=bool(pool.gold.any())))


@dataclass(frozen=True)
class Pool:
    """Features and labels of the known pairs, and of those asked about."""

    known: Matrix
    given: Rows
    asked: Matrix
    truth: Rows
    """Labels of the gold part; None for open pairs."""

    @classmethod
    def of(cls, table: pl.DataFrame) -> Pool:
        known = table.filter(pl.col("learn") & ~pl.col("asked") & pl.col("label").is_not_null())
        asked = table.filter("asked")
        vectors = (np.asarray(part["features"].to_numpy(), np.float64) for part in (known, asked))
        first, second = vectors
        return cls(first, known["label"].to_numpy(), second, asked["label"].to_numpy())

    @property
    def teaches(self) -> bool:
        return len(self.given) >= FEWEST and len(set(self.given)) > 1 and len(self.asked) > 0

    @property
    def gold(self) -> Rows:
        return np.array([label is not None for label in self.truth])


@dataclass(frozen=True)
class Round:
    """What one round says of the pairs that are asked about."""

    labels: Rows
    chances: Matrix
    quality: float
    """The share of the gold part that it tells right; 0 where there is none."""
    sure: Rows
    """Which open pairs the next round learns from."""


def _rounds(pool: Pool, params: Mapping[str, Any]) -> Iterator[Round]:
    """One after another while quality rises, the one that does not rise included."""
    best, sure = -1.0, np.zeros(len(pool.asked), dtype=bool)
    labels: Rows = np.empty(len(pool.asked), dtype=object)
    for _ in range(params["rounds"] if pool.gold.any() else 1):
        features = np.vstack([pool.known, pool.asked[sure]])
        given = np.concatenate([pool.given, labels[sure]])
        told = _round(pool, classifier(features, given, params["strength"]), params["sure"])
        yield told
        if told.quality <= best:
            return
        best, labels, sure = told.quality, told.labels, told.sure


def _round(pool: Pool, model: Any, sure: float) -> Round:
    chances = model.predict_proba(pool.asked)
    labels, high = model[-1].classes_[chances.argmax(axis=1)], chances.max(axis=1)
    gold = pool.gold
    quality = float((labels == pool.truth)[gold].mean()) if gold.any() else 0.0
    return Round(labels, high, quality, ~gold & (high >= sure))


def _told(tried: list[Round], wanted: int, *, judged: bool) -> str:
    if not judged:
        return "one round, since there is no gold part to judge more by"
    shares = ", ".join(f"{one.quality:.3f}" for one in tried)
    best = max(range(len(tried)), key=lambda at: tried[at].quality)
    learned = int(tried[best - 1].sure.sum()) if best else 0
    ended = "" if len(tried) == wanted and best == wanted - 1 else ", which stopped rising"
    return (
        f"gold accuracy by round {shares}{ended}; round {best + 1} taken, "
        f"which learned from {learned} labels of its own"
    )


def _result(
    table: pl.DataFrame,
    found: pl.DataFrame | None = None,
    note: str | None = None,
    error: str = "nothing to label by",
) -> pl.DataFrame:
    empty = pl.DataFrame(
        schema={"pair_id": pl.String, "label": pl.String, "confidence": pl.Float64}
    )
    joined = (
        table.filter("asked")
        .select("pair_id")
        .join(empty if found is None else found, on="pair_id", how="left")
    )
    why = pl.when(pl.col("label").is_null()).then(pl.lit(error))
    noted = joined.with_columns(note=pl.lit(note, pl.String), error=why)
    return noted.select(pl.col(name).cast(kind) for name, kind in RESULT.items()).sort("pair_id")
