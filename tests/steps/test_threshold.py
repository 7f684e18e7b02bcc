"""Where a score parts what stays from what goes, and what the ledger is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from curate.ledger.verdict import VERDICT
from curate.pairs.field import Fields, MetadataField, TextField
from curate.steps.threshold import SMALLEST_GROUP, Drop, judge
from tests.steps.fitted import alone

FIELDS: Fields = {"caption": TextField(type="text"), "language": MetadataField(type="metadata")}


def table(languages: list[str | None]) -> pl.DataFrame:
    ids = [f"{number:05d}" for number in range(len(languages))]
    return pl.DataFrame(
        {"pair_id": ids, "language": languages}, {"pair_id": pl.String, "language": pl.String}
    )


def judged(scores: Sequence[float | None], **drop: Any) -> pl.DataFrame:
    pairs = table([None] * len(scores))
    scored = pairs.select("pair_id", score=pl.Series(scores, dtype=pl.Float64))
    return judge(pairs, scored, Drop(**drop) if drop else None, alone(FIELDS, pairs))


def noisy(count: int, bad: float, partners: int = 4, seed: int = 0) -> pl.DataFrame:
    chance = np.random.default_rng(seed)
    wrong = np.arange(count) < round(bad * count)
    return table(["en", None] * (count // 2)).select(
        "pair_id",
        score=pl.Series(chance.normal(size=count) + 2.326 * ~wrong),
        group="language",
        mismatched=pl.Series(
            chance.normal(size=(count, partners)).tolist(), dtype=pl.List(pl.Float64)
        ),
    )


def test_without_a_bound_all_that_has_a_score_stays() -> None:
    said = judged([0.1, None, 0.9])
    assert said["verdict"].to_list() == ["keep", "not_assessed", "keep"]
    assert said.schema == VERDICT


def test_below_a_score() -> None:
    said = judged([0.1, 0.5, 0.9], below=0.5)
    assert said["verdict"].to_list() == ["drop", "keep", "keep"]
    assert said["reason"].to_list() == ["score below threshold", None, None]
    assert said["threshold"].to_list() == [0.5, 0.5, 0.5]
    assert said["score"].to_list() == [0.1, 0.5, 0.9]


def test_the_lowest_share_goes() -> None:
    said = judged([float(number) for number in range(100)], below_quantile=0.05)
    assert said["verdict"].to_list().count("drop") == 4
    assert set(said["threshold"]) == {4.0}


def test_what_is_not_known_is_told() -> None:
    pairs = table([None] * 4)
    scored = pl.DataFrame(
        {
            "pair_id": ["00000", "00001", "00002"],
            "score": [0.5, None, float("nan")],
            "note": [None, "too few pairs to learn from", None],
            "error": [None, None, "cannot be decoded"],
            "detail": ["head 0.5", None, None],
        }
    )
    said = judge(pairs, scored, Drop(below=0.1), alone(FIELDS, pairs))
    assert said["verdict"].to_list() == ["keep", "not_assessed", "unreadable", "not_assessed"]
    assert said["reason"].to_list() == [
        None,
        "too few pairs to learn from",
        "unreadable",
        "a side is missing",
    ]
    assert said["detail"].to_list() == ["head 0.5", None, "cannot be decoded", None]
    assert said["threshold"].to_list() == [0.1, None, None, None]


def test_every_value_has_a_quantile_of_its_own() -> None:
    """`nl` scores far lower than `en`; unknown is a value; small ones go by all pairs."""
    n = SMALLEST_GROUP
    languages = ["en"] * n + ["nl"] * n + [None] * n + ["xx"] * 3
    scores = (
        [10.0 + i for i in range(n)]
        + [-100.0 + i for i in range(n)]
        + [500.0 + i for i in range(n)]
        + [-99.0, 0.0, 600.0]
    )
    pairs = table(languages)
    scored = pairs.select("pair_id", score=pl.Series(scores))
    said = judge(pairs, scored, Drop(below_quantile=0.1, per="language"), alone(FIELDS, pairs))
    gone = pairs.filter(pl.Series(said["verdict"] == "drop"))
    assert gone.group_by("language").len().sort("language").rows() == [
        (None, 4),
        ("en", 4),
        ("nl", 4),
        ("xx", 1),
    ]
    assert said["threshold"].n_unique() == 4


def test_the_best_of_what_would_go_is_kept_back_for_review() -> None:
    said = judged([float(number) for number in range(100)], below=10.0, review=0.03)
    assert said["verdict"].to_list()[:10] == ["drop"] * 7 + ["review"] * 3
    assert said["reason"].to_list()[7:11] == ["score near threshold"] * 3 + [None]
    assert set(said["threshold"]) == {10.0}


def test_ties_that_do_not_fit_into_review_go_together() -> None:
    scores = [0.0, 1.0, 1.0, 1.0, 2.0, *[5.0] * 15]
    said = judged(scores, below=3.0, review=0.15)
    assert said["verdict"].to_list()[:5] == ["drop", "drop", "drop", "drop", "review"]


def test_the_estimate_stands_in_the_ledger() -> None:
    scored = noisy(2000, 0.05)
    pairs = table(["en", None] * 1000)
    said = judge(pairs, scored, Drop(expected_mismatch_share=0.02), alone(FIELDS, pairs))
    detail = said["detail"].unique().to_list()
    assert detail == [
        "expected mismatch share 2.0% of what is kept; mismatched in all 7.0% [3.3%, 9.2%]"
    ]
    assert 40 < (said["verdict"] == "drop").sum() < 200
    gone, stays = (said.filter(pl.col("verdict") == verdict) for verdict in ("drop", "keep"))
    assert (gone["score"] < gone["threshold"]).all()
    assert (stays["score"] >= stays["threshold"]).all()
    assert said["threshold"].n_unique() == 2


def test_review_takes_the_nearest_by_the_estimate() -> None:
    pairs, scored = table(["en", None] * 1000), noisy(2000, 0.05)
    plain = judge(pairs, scored, Drop(expected_mismatch_share=0.02), alone(FIELDS, pairs))
    said = judge(
        pairs, scored, Drop(expected_mismatch_share=0.02, review=0.01), alone(FIELDS, pairs)
    )
    near = said.filter(pl.col("verdict") == "review")
    assert 10 <= near.height <= 20
    assert set(near["pair_id"]) < set(plain.filter(pl.col("verdict") == "drop")["pair_id"])


def test_a_bound_that_nothing_meets() -> None:
    pairs, scored = table(["en", None] * 500), noisy(1000, 1.0)
    said = judge(pairs, scored, Drop(expected_mismatch_share=0.01), alone(FIELDS, pairs))
    assert set(said["verdict"]) == {"drop"}
    assert said["detail"][0].startswith("nothing is kept; mismatched in all")
    assert said["threshold"].null_count() == 1000


def test_without_mismatched_partners_nothing_is_judged() -> None:
    pairs = table([None] * 3)
    scored = pairs.select("pair_id", score=pl.lit(0.5))
    said = judge(pairs, scored, Drop(expected_mismatch_share=0.01), alone(FIELDS, pairs))
    assert set(said["verdict"]) == {"not_assessed"}
    assert set(said["reason"]) == {"too few mismatched partners to compare with"}
    assert set(said["score"]) == {0.5}


WAYS = st.one_of(
    st.builds(Drop, below=st.integers(-3, 3), review=st.floats(0, 0.5)),
    st.builds(Drop, below_quantile=st.floats(0, 0.9), review=st.floats(0, 0.5)),
    st.builds(
        Drop, below_quantile=st.floats(0, 0.9), per=st.just("language"), review=st.floats(0, 0.5)
    ),
    st.builds(Drop, expected_mismatch_share=st.floats(0.01, 0.9), review=st.floats(0, 0.5)),
)
PAIRS = st.lists(
    st.tuples(st.integers(-4, 4), st.sampled_from(["en", "nl", None])), min_size=1, max_size=200
)
LEVEL = {"drop": 0, "review": 1, "keep": 2}


@given(PAIRS, WAYS, st.randoms(use_true_random=False))
def test_a_higher_score_never_goes_before_a_lower_one(
    drawn: list[Any], drop: Drop, chance: Any
) -> None:
    """Within a group; ties share their fate; and the order of rows has no say."""
    pairs = table([language for _, language in drawn])
    scored = pairs.select(
        "pair_id",
        group="language",
        score=pl.Series([float(score) for score, _ in drawn]),
        mismatched=pl.Series([[n % 5 - 3.0] * 40 for n in range(len(drawn))]),
    )
    said = judge(pairs, scored, drop, alone(FIELDS, pairs))
    whole = said.join(pairs, on="pair_id").with_columns(
        level=pl.col("verdict").replace_strict(LEVEL, default=None)
    )
    for _, part in whole.drop_nulls("level").group_by("language"):
        assert part.sort("score")["level"].is_sorted()
        assert (part.group_by("score").agg(pl.col("level").n_unique())["level"] == 1).all()
    order = list(range(len(drawn)))
    chance.shuffle(order)
    again = judge(pairs[order], scored, drop, alone(FIELDS, pairs))
    assert again.sort("pair_id").equals(said)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "'drop' does not say which pairs go"),
        ({"review": 0.1}, "'drop' does not say which pairs go"),
        ({"below": 0, "below_quantile": 0.1}, "'below' and 'below_quantile' exclude each other"),
        ({"below": 0, "per": "language"}, "'per' goes with 'below_quantile'"),
        ({"below_quantile": 0.1, "per": "caption"}, "'caption' is no metadata field"),
    ],
)
def test_objections(settings: dict[str, Any], told: str) -> None:
    assert [objection.message for objection in Drop(**settings).check(FIELDS)] == [told]


@pytest.mark.parametrize("name", ["below_quantile", "expected_mismatch_share", "review"])
def test_shares_lie_between_0_and_1(name: str) -> None:
    assert not list(
        Drop(**{"below_quantile": 0.1, name: 0.5} if name == "review" else {name: 0.5}).check(
            FIELDS
        )
    )
    for wrong in (-0.1, 1.0, float("nan")):
        with pytest.raises(ValidationError):
            Drop(**{name: wrong})
