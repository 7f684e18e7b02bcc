"""Self-training: sure labels are learned from, gold ones never, and it stops when they say so."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from curate.fits.self_training import factory, self_training

KNOWN, GOLD, OPEN, WIDTH = 60, 100, 300, 20


def pool(seed: int = 0) -> tuple[pl.DataFrame, Any]:
    """Two clouds of points that overlap; of a tenth of them it is known to which they belong."""
    chance = np.random.default_rng(seed)
    count = KNOWN + GOLD + OPEN
    truth = np.where(chance.random(count) < 0.5, "left", "right")
    middle = np.where(truth == "left", -0.3, 0.3)[:, None]
    points = middle + chance.normal(size=(count, WIDTH))
    place = np.arange(count)
    table = pl.DataFrame(
        {
            "pair_id": [f"{number:04d}" for number in place],
            "features": pl.Series(points.tolist(), dtype=pl.Array(pl.Float64, WIDTH)),
            "label": np.where(place < KNOWN + GOLD, truth, None),  # type: ignore[call-overload]
            "learn": np.ones(count, dtype=bool),
            "asked": place >= KNOWN,
        },
        schema_overrides={"label": pl.String},
    )
    return table, truth


def trained(table: pl.DataFrame, **params: Any) -> pl.DataFrame:
    return factory(self_training(**{"rounds": 5, "sure": 0.8, **params}))(table)


def test_all_that_are_asked_are_labelled() -> None:
    table, truth = pool()
    found = trained(table)
    assert found["pair_id"].to_list() == table.filter("asked")["pair_id"].to_list()
    assert (found["label"].to_numpy() == truth[KNOWN:]).mean() > 0.85
    assert found["confidence"].is_between(0.5, 1).all()
    assert found["error"].null_count() == found.height


def test_no_round_learns_from_gold() -> None:
    """With one round, what gold pairs hold changes nothing but what is said of quality."""
    table, _ = pool()
    turned = pl.col("label").replace({"left": "right", "right": "left"})
    wrong = table.with_columns(pl.when("asked").then(turned).otherwise("label").alias("label"))
    right, found = trained(table, rounds=1), trained(wrong, rounds=1)
    assert found.drop("note").equals(right.drop("note"))
    assert found["note"][0] != right["note"][0]


def test_it_stops_when_gold_quality_does_not_rise() -> None:
    found = trained(pool()[0], rounds=50)["note"][0]
    shares = [float(word.strip(",;")) for word in found.split() if word[0] in "01" and "." in word]
    assert "which stopped rising" in found
    assert 2 <= len(shares) < 50
    assert shares[:-1] == sorted(set(shares[:-1]))
    assert shares[-1] <= shares[-2]
    assert f"round {len(shares) - 1} taken" in found


def test_later_rounds_learn_from_sure_labels() -> None:
    """Somewhere among ten draws a second round is better, and has learned from labels."""
    notes = [trained(pool(seed)[0])["note"][0] for seed in range(10)]
    better = [note for note in notes if "round 1 taken" not in note]
    assert better
    assert all("learned from 0 labels" not in note for note in better)


def test_from_too_few_nothing_is_learned() -> None:
    table, _ = pool()
    found = trained(table[20:])
    assert found["error"].unique().to_list() == ["too few pairs to learn from"]
    assert found["label"].null_count() == found.height


def test_without_a_gold_part_there_is_one_round() -> None:
    table, _ = pool()
    bare = pl.when(~pl.col("asked")).then("label").alias("label")
    found = trained(table.with_columns(bare))
    assert found["note"].unique().to_list() == [
        "one round, since there is no gold part to judge more by"
    ]
    assert found["label"].null_count() == 0


def test_pairs_without_features_are_named() -> None:
    table, _ = pool()
    bare = pl.when(pl.col("pair_id") != "0459").then("features").alias("features")
    found = trained(table.with_columns(bare)).row(-1, named=True)
    assert (found["label"], found["error"]) == (None, "nothing to label by")
