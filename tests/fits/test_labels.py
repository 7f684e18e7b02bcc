"""Confident learning finds labels that disagree, and never judges by the pair itself."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from curate.fits.labels import LABELS, RESULT, factory

NAMES = ("bird", "fish", "tool")


def pairs(count: int = 300, wrong: int = 0, seed: int = 0) -> tuple[pl.DataFrame, np.ndarray]:
    """Three clouds that touch, and which of their labels were made wrong."""
    chance = np.random.default_rng(seed)
    kind = np.arange(count) % len(NAMES)
    centres = chance.normal(size=(len(NAMES), 20)) * 1.2
    given, bad = kind.copy(), np.arange(count) < wrong
    given[bad] = (given[bad] + 1) % len(NAMES)
    table = pl.DataFrame(
        {
            "pair_id": [f"{number:05d}" for number in range(count)],
            "fold_group": [f"g{number}" for number in range(count)],
            "learn": [True] * count,
            "features": centres[kind] + chance.normal(size=(count, 20)),
            "label": [NAMES[number] for number in given],
        },
        schema={
            "pair_id": pl.String,
            "fold_group": pl.String,
            "learn": pl.Boolean,
            "features": pl.Array(pl.Float64, 20),
            "label": pl.String,
        },
    )
    return table, bad


def judged(table: pl.DataFrame) -> pl.DataFrame:
    return factory(LABELS)(table)


def test_wrong_labels_are_found_and_right_ones_suggested() -> None:
    table, bad = pairs(wrong=15)
    found = judged(table)
    issues = found["issue"].to_numpy()
    assert (issues & bad).sum() >= 10
    assert (issues & ~bad).sum() <= 2
    scores = found["score"].to_numpy()
    assert (scores[~bad][:, None] > scores[bad][None]).mean() > 0.99
    right = [NAMES[number % 3] for number in range(15)]
    assert found["suggested"].head(15).to_list() == right


def test_right_labels_are_left_alone() -> None:
    assert judged(pairs()[0])["issue"].sum() <= 2


def test_a_pair_is_judged_by_models_that_saw_neither_it_nor_its_group() -> None:
    """What a pair's own group is labelled changes nothing of what is expected of it."""
    table, _ = pairs()
    one = pl.col("pair_id").is_in(["00000", "00003"])
    grouped = table.with_columns(fold_group=pl.when(one).then(pl.lit("g")).otherwise("fold_group"))
    other = grouped.with_columns(
        label=pl.when(pl.col("pair_id") == "00003").then(pl.lit("tool")).otherwise("label")
    )
    before, after = judged(grouped).row(0), judged(other).row(0)
    assert before[:3] == after[:3]


def test_the_same_table_gives_the_same() -> None:
    table, _ = pairs(wrong=9)
    assert judged(table).equals(judged(table))


def test_only_pairs_to_learn_from_are_learned_from() -> None:
    table, _ = pairs()
    held = table.with_columns(learn=pl.int_range(pl.len()) < 150)
    wrong = held.with_columns(label=pl.when("learn").then("label").otherwise(pl.lit("bird")))
    scores = judged(held).join(judged(wrong), on="pair_id")
    assert scores["suggested"].equals(scores["suggested_right"], check_names=False)


def test_what_cannot_be_judged_says_why() -> None:
    table, _ = pairs()
    number = pl.int_range(pl.len())
    table = table.with_columns(
        features=pl.when(number != 1).then("features"),
        label=pl.when(number == 2)
        .then(None)
        .when(number.is_in([3, 4]))
        .then(pl.lit("rare"))
        .otherwise("label"),
    )
    found = judged(table)
    assert found.schema == RESULT
    assert found["note"].to_list()[1:5] == [
        "no features",
        "no label",
        "too few pairs are labelled rare",
        "too few pairs are labelled rare",
    ]
    assert found["note"].null_count() == 296
    assert found["score"].null_count() == found["issue"].null_count() == 4


@pytest.mark.parametrize("count", [0, 1, 10])
def test_too_few_pairs(count: int) -> None:
    found = judged(pairs(count)[0])
    assert found.schema == RESULT
    assert found["note"].null_count() == 0
    assert found.height == count


def test_one_label_is_no_choice() -> None:
    table = pairs()[0].with_columns(label=pl.lit("bird"))
    assert judged(table)["note"].unique().to_list() == ["too few labels to compare"]


def test_copies_do_not_make_a_label_common() -> None:
    table = pairs()[0].with_columns(
        fold_group=pl.when(pl.col("label") == "tool").then(pl.lit("g")).otherwise("fold_group")
    )
    found = judged(table).filter(pl.col("note").is_not_null())
    assert found["note"].unique().to_list() == ["too few pairs are labelled tool"]
    assert found.height == 100
