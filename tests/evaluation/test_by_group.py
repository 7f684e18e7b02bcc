"""Labels' errors by group: fairlearn's figures of classes, pooled word errors of transcripts."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from fairlearn.metrics import (
    MetricFrame,
    false_positive_rate,
    true_positive_rate,
)
from fairlearn.metrics import (
    equalized_odds_difference as theirs,
)

from curate.evaluation.by_group import by_group, equalized_odds_difference

N = 400


def labels(classes: tuple[str, ...]) -> pl.DataFrame:
    chance = np.random.default_rng(1)
    truth = chance.choice(classes, N)
    group = chance.choice(["a", "b", "c"], N)
    wrong = chance.random(N) < np.where(group == "b", 0.4, 0.1)
    value = np.where(wrong, chance.choice(classes, N), truth)
    return pl.DataFrame(
        {"value": value, "truth": truth, "gender": group, "fold_group": range(N)}
    ).with_columns(correct=pl.col("value") == pl.col("truth"))


def test_rates_of_classes_are_those_of_fairlearn() -> None:
    rows = labels(("yes", "no"))
    found = by_group(rows, ["gender"], classes=True, rates={})["gender"]
    said = {
        "y_true": rows["truth"].to_numpy() == "yes",
        "y_pred": rows["value"].to_numpy() == "yes",
    }
    groups = {"sensitive_features": rows["gender"].to_numpy()}
    for metric in (true_positive_rate, false_positive_rate):
        frame = MetricFrame(metrics=metric, **said, **groups).by_group
        for name in "abc":
            told = found[name]["classes"]["yes"][metric.__name__]
            assert told["value"] == pytest.approx(frame[name], abs=1e-4)
            assert told["low"] <= told["value"] <= told["high"]
    assert equalized_odds_difference(found) == pytest.approx(theirs(**said, **groups), abs=1e-4)


def test_who_is_mislabelled_more() -> None:
    found = by_group(labels(("x", "y", "z")), ["gender"], classes=True, rates={})["gender"]
    assert found["b"]["correct"]["high"] < found["a"]["correct"]["low"]
    assert sum(told["n"] for told in found.values()) == N
    assert (equalized_odds_difference(found) or 0) > 0.2


def test_of_few_and_of_unknown() -> None:
    rows = labels(("x", "y")).with_columns(
        gender=pl.when(pl.int_range(pl.len()) < 5).then(pl.lit("few")).otherwise(None)
    )
    found = by_group(rows, ["gender"], classes=False, rates={})["gender"]
    assert found["few"] == {"n": 5}
    assert found["unknown"]["n"] == N - 5
    assert "classes" not in found["unknown"]
    assert equalized_odds_difference(found) is None


def test_word_errors_are_pooled() -> None:
    """Ten errors in a hundred words and none in a text of one are 10 of 101, not 5 %."""
    rows = labels(("x", "y"))
    errors = pl.DataFrame({"errors": [10.0, 0.0] * 200, "of": [100.0, 1.0] * 200}).to_struct()
    same = rows.with_columns(gender=pl.lit("a"))
    found = by_group(same, ["gender"], classes=False, rates={"wer": errors})["gender"]["a"]
    assert found["wer"]["value"] == pytest.approx(10 / 101, abs=1e-4)
    assert found["wer"]["low"] < 10 / 101 < found["wer"]["high"]
