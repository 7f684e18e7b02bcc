"""Confident learning: which labels disagree with what a model, learned from the others, expects.

A multinomial logistic regression on standardised features gives every pair the probability of
each label; no pair is judged by a model that has seen it or a near-twin, for folds are drawn by a
hash of `fold_group`. How many labels are wrong is then cleanlab's to say (Northcutt et al. 2021,
arXiv 1911.00068): as many as the model holds to be another one with more confidence than it has,
on the average, in that one. So many of the least likely labels are issues.

In:   pair_id, fold_group (pairs of one group share a fold), learn (pairs to learn from),
      features (vectors of fixed width, null when absent), label (text, null when absent)
Out:  pair_id, score (probability of the given label, null when it cannot be told), suggested (the
      most likely label), issue, note (why there is no score)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl

from curate.fits.fit import Fit
from curate.fits.folds import Rows, fold_numbers
from curate.fits.head import DECIMALS
from curate.fits.ridge import Matrix

FEWEST_GROUPS = 10
"""Groups of pairs to learn a label from, below which nothing is said of it."""
RESULT: dict[str, type[pl.DataType]] = {
    "pair_id": pl.String,
    "score": pl.Float64,
    "suggested": pl.String,
    "issue": pl.Boolean,
    "note": pl.String,
}


def labels(*, folds: int = 10, strength: float = 5.0) -> Fit:
    """The declaration; `strength` is scikit-learn's `C`, the inverse of a penalty, times the width of
    the features, so that long vectors are not learned by heart.
    """
    return Fit(
        name="labels",
        version=1,
        compute="curate.fits.labels:factory",
        params={"folds": folds, "strength": strength},
        libraries=("cleanlab", "numpy", "scikit-learn", "scipy"),
    )


LABELS = labels()


def factory(fit: Fit) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda table: judged(table, fit.params)


def judged(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """Every pair's label, held against what the others make expect."""
    from threadpoolctl import threadpool_limits

    noted = _noted(table)
    able = table.join(noted.filter(pl.col("note").is_null()), on="pair_id", how="semi")
    with threadpool_limits(1):
        found = _judged(able, params) if able.height else pl.DataFrame(schema=RESULT)
    both = noted.join(found.drop("note"), on="pair_id", how="left")
    return both.select(pl.col(name).cast(kind) for name, kind in RESULT.items()).sort("pair_id")


def _noted(table: pl.DataFrame) -> pl.DataFrame:
    """`pair_id`, `note`: null where a pair can be judged."""
    usable = pl.col("learn") & pl.col("features").is_not_null()
    groups = pl.col("fold_group").filter(usable).n_unique().over("label")
    known = table.select("pair_id", "label", groups=groups, bare=pl.col("features").is_null())
    few = pl.col("groups") < FEWEST_GROUPS
    one = pl.col("label").filter(~few).n_unique() < 2
    return known.select(
        "pair_id",
        note=pl.when(pl.col("label").is_null())
        .then(pl.lit("no label"))
        .when("bare")
        .then(pl.lit("no features"))
        .when(few)
        .then(pl.format("too few pairs are labelled {}", "label"))
        .when(one)
        .then(pl.lit("too few labels to compare")),
    )


def _judged(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    names = table["label"].unique().sort()
    given = names.search_sorted(table["label"]).to_numpy().astype(np.int64)
    chances = _chances(table, given, names.len(), params)
    likely = chances.argmax(axis=1)
    least = find_label_issues(given, chances, filter_by="low_self_confidence", n_jobs=1)
    return pl.DataFrame(
        {
            "pair_id": table["pair_id"],
            "score": get_label_quality_scores(given, chances),
            "suggested": names.gather(likely),
            "issue": least & (likely != given),
            "note": pl.Series([None] * table.height, dtype=pl.String),
        }
    )


def _chances(table: pl.DataFrame, given: Rows, labels: int, params: Mapping[str, Any]) -> Matrix:
    """Probability of each label for each pair, by models that saw neither it nor its group."""
    features = np.asarray(table["features"].to_numpy(), dtype=np.float64)
    fold = fold_numbers(table["fold_group"], params["folds"])
    learn = table["learn"].to_numpy()
    chances = np.zeros((len(given), labels))
    for number in np.unique(fold):
        known, judged = learn & (fold != number), fold == number
        model = classifier(features[known], given[known], params["strength"])
        chances[np.ix_(judged, model[-1].classes_)] = model.predict_proba(features[judged])
    return chances.round(DECIMALS)


def classifier(features: Matrix, given: Rows, strength: float) -> Any:
    """A pipeline of scikit-learn with `predict_proba` and, of its last part, `classes_`."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    regression = LogisticRegression(C=strength / features.shape[1], max_iter=1000)
    return make_pipeline(StandardScaler(), regression).fit(features, given)
