"""`align: {fuse: ...}`: one score of several, decided on like any other."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from curate.ledger.verdict import VERDICT
from curate.pairs.field import Fields, ImageField, MetadataField, TextField
from curate.steps.fuse import Fuse
from tests.steps.fitted import alone

FIELDS: Fields = {
    "image": ImageField(type="image"),
    "caption": TextField(type="text"),
    "kind": MetadataField(type="metadata"),
}


def table(count: int = 1000, bad: float = 0.1, names: tuple[str, str] = ("align", "heard")) -> Any:
    """Pairs with two scores, the first tenth of them mismatched in both."""
    chance = np.random.default_rng(0)
    wrong = np.arange(count) < round(bad * count)
    columns: dict[str, Any] = {
        "pair_id": [f"{number:05d}" for number in range(count)],
        "origin": ["collected"] * count,
    }
    for name in names:
        columns[name] = chance.normal(size=count) + 2.0 * ~wrong
        columns[f"{name}_mismatched"] = chance.normal(size=(count, 4)).tolist()
    return pl.DataFrame(columns), wrong


def decide(pairs: pl.DataFrame, **settings: Any) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The verdicts, and the columns added."""
    step = Fuse.model_validate({"fuse": ["align", "heard"], **settings})
    outcome = step.decide(pairs, alone(FIELDS, pairs))
    assert outcome.columns is not None
    assert outcome.verdicts.schema == VERDICT
    return outcome.verdicts, outcome.columns


def test_it_adds_a_score_and_what_mismatched_partners_get() -> None:
    pairs, _ = table()
    said, added = decide(pairs, **{"as": "both"})
    assert added.columns == ["pair_id", "both", "both_mismatched"]
    assert added["both_mismatched"].list.len().unique().to_list() == [4]
    assert set(said["verdict"]) == {"keep"}
    assert said["score"].equals(added["both"].rename("score"))


def test_the_ledger_tells_the_parts() -> None:
    pairs, _ = table(3)
    known = pairs.with_columns(
        align=pl.Series([0.5, 0.25, None]), heard=pl.Series([1.0, None, None], dtype=pl.Float64)
    )
    said, _ = decide(known)
    assert said["verdict"].to_list() == ["keep", "keep", "not_assessed"]
    assert said["reason"].to_list() == [None, None, "no score to fuse"]
    assert said["detail"].to_list() == [
        "align 0.5, heard 1.0",
        "align 0.25, without heard",
        "without align, without heard",
    ]


@pytest.mark.parametrize("how", ["weighted", "rank", "learned"])
def test_the_mismatched_share_is_kept_below_the_bound(how: str) -> None:
    pairs, wrong = table(3000)
    said, _ = decide(pairs, how=how, drop={"expected_mismatch_share": 0.02})
    kept = (said["verdict"] == "keep").to_numpy()
    assert wrong[kept].mean() < 0.025
    assert kept[~wrong].mean() > 0.9
    assert said["detail"][0].startswith("align ")
    assert "mismatched in all 1" in said["detail"][0]


def test_two_scores_let_more_stay_than_one() -> None:
    pairs, wrong = table(3000)
    nothing = pairs.with_columns(heard=pl.lit(None, pl.Float64))
    kept = [
        (decide(t, drop={"expected_mismatch_share": 0.02})[0]["verdict"] == "keep").to_numpy()
        for t in (nothing, pairs)
    ]
    assert kept[1][~wrong].mean() > kept[0][~wrong].mean() + 0.1


def test_pairs_that_lack_a_score_are_compared_with_their_like() -> None:
    """A single score spreads more than a mean of two: each kind has a threshold of its own."""
    pairs, wrong = table(4000)
    half = pl.when(pl.int_range(4000) % 2 == 0).then("heard")
    said, _ = decide(pairs.with_columns(heard=half), drop={"expected_mismatch_share": 0.02})
    kept = (said["verdict"] == "keep").to_numpy()
    assert said["threshold"].n_unique() == 2
    assert wrong[kept].mean() < 0.025


def test_a_quantile_of_the_fused_score() -> None:
    pairs, wrong = table()
    said, _ = decide(pairs, how="rank", drop={"below_quantile": 0.1, "review": 0.02})
    out = (said["verdict"] == "drop").to_numpy()
    assert (said["verdict"] == "review").sum() == 20
    assert wrong[out].mean() > 0.8


def test_scores_may_be_called_as_they_like() -> None:
    pairs, _ = table(names=("learn", "row"))
    named = Fuse.model_validate({"fuse": ["learn", "row"], "how": "learned", "as": "score"})
    same, _ = table()
    like = Fuse(fuse=["align", "heard"], how="learned")
    found = [s.decide(t, alone(FIELDS, t)).columns for s, t in ((named, pairs), (like, same))]
    assert found[0] is not None
    assert found[1] is not None
    assert found[0]["score"].to_list() == found[1]["fused"].to_list()


def test_learned_never_from_what_is_held_out() -> None:
    pairs, _ = table()
    split = pl.when(pl.int_range(1000) < 200).then(pl.lit("test")).otherwise(pl.lit("train"))
    pairs = pairs.with_columns(split=split)
    other = pairs.with_columns(
        heard=pl.when(pl.int_range(1000) < 100).then(50.0).otherwise("heard")
    )
    before, after = (decide(t, how="learned")[1]["fused"] for t in (pairs, other))
    assert before[100:].equals(after[100:])


def test_examples_are_valid() -> None:
    for text in Fuse.examples:
        (item,) = YAML(typ="safe").load(text)
        step = Fuse.parse(item["align"])
        assert not list(step.check(FIELDS))
        assert step.takes == tuple(item["align"]["fuse"])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"fuse": ["align", "align"]}, "'align' stands there twice"),
        ({"as": "align"}, "'align' is one of the scores fused"),
        ({"as": "caption"}, "'caption' is a field"),
        ({"how": "rank", "weights": {"align": 1, "heard": 1}}, "how: rank takes no weights"),
        ({"weights": {"align": 1, "heard": 1, "seen": 1}}, "'seen' is not fused"),
        ({"weights": {"align": 1, "heard": 0}}, "the weight of 'heard' is 0"),
        ({"weights": {"align": 1}}, "'heard' has no weight"),
        ({"drop": {}}, "'drop' does not say which pairs go"),
    ],
)
def test_objections(settings: dict[str, Any], told: str) -> None:
    step = Fuse.model_validate({"fuse": ["align", "heard"], **settings})
    assert [objection.message for objection in step.check(FIELDS)] == [told]


def test_one_score_is_nothing_to_fuse() -> None:
    with pytest.raises(ValidationError):
        Fuse(fuse=["align"])
