"""A cheap scorer first: who is asked twice, and what stands where only a prediction does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import RecipeError
from curate.recipe import read_recipe
from curate.run.build import Options, opened
from curate.run.progress import Silence
from tests.models import tiny
from tests.steps.conftest import Table
from tests.steps.test_score_step import CAPTIONS, pictured
from tests.workspace import Workspace

SIDES = ["picture", "caption"]


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {"picture": f"{n}.png", "caption": f"{CAPTIONS[n % 64]}, picture {n}"} for n in range(count)
    ]


def decided(place: Workspace, **settings: Any) -> tuple[pl.DataFrame, dict[str, int]]:
    """What the step says, and how many values of each measure it asked for that nobody knew."""
    read = read_recipe(place.having(steps=[{"align": settings}]).path)
    with opened(read, Options(store=place.root / "own"), Silence()) as (course, asking):
        said = read.steps[0].decide(course.living, asking)
        assert said.columns is not None
        scored = course.living.select("pair_id").join(said.columns, on="pair_id")
        found = scored.join(said.verdicts.drop("score", strict=False), on="pair_id")
        return found, {name: spent.computed for name, spent in asking.usage.measures.items()}


@pytest.mark.parametrize("cheap", ["distilled", "embedded"])
def test_the_expensive_scorer_sees_the_sample_and_the_doubtful(
    table: Table, tmp_path: Path, cheap: str
) -> None:
    scorer = f"file:{tiny.blip(tmp_path)}"
    made = pictured(table, tmp_path, rows(120))
    drop = {"below_quantile": 0.1}
    cascade = {"cheap": cheap, "unsure": 0.1, "sample": 0.6}
    said, asked = decided(made, score=SIDES, scorer=scorer, drop=drop, cascade=cascade)
    predicted = said.filter(pl.col("detail").str.contains("predicted"))
    seen = said.filter(~pl.col("detail").str.contains("predicted"))
    assert said["align"].null_count() == 0
    assert said["detail"].str.contains("^cheap ").all()
    assert seen.height == asked["image.text.match"] < 120 - 10
    assert predicted.height > 10
    whole, _ = decided(made, score=SIDES, scorer=scorer)
    same = seen.join(whole, on="pair_id", suffix="_whole")
    assert (same["align"] - same["align_whole"]).abs().max() == 0
    again, asked = decided(made, score=SIDES, scorer=scorer, drop=drop, cascade=cascade)
    assert again.equals(said)
    assert not any(asked.values())


def test_an_expensive_encoder_measures_only_what_it_is_asked(table: Table, tmp_path: Path) -> None:
    encoder = f"file:{tiny.clip(tmp_path)}"
    made = pictured(table, tmp_path, rows(120))
    cascade = {"unsure": 0.1, "sample": 0.6}
    said, asked = decided(made, score=SIDES, encoder=encoder, cascade=cascade)
    assert asked["image.features"] == 120
    assert asked["image.vector"] == 120 - said["detail"].str.contains("predicted").sum() < 120


def test_where_too_few_pairs_teach_all_are_asked(table: Table, tmp_path: Path) -> None:
    scorer = f"file:{tiny.blip(tmp_path)}"
    made = pictured(table, tmp_path, rows(12))
    said, asked = decided(made, score=SIDES, scorer=scorer, cascade={})
    assert asked["image.text.match"] == 12
    assert not said["detail"].str.contains("predicted").any()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"cascade": {}}, "the cheap scorer is the expensive one"),
        ({"cascade": {"cheap": "clip"}}, "'clip' names no encoder"),
        ({"cascade": {"precision": "bf16"}}, "'embedded' does not compute in bf16"),
        (
            {"cascade": {"precision": "int8"}, "drop": {"expected_mismatch_share": 0.1}},
            "cannot be held against mismatched pairs",
        ),
    ],
)
def test_what_a_cascade_cannot_do(table: Table, settings: dict[str, Any], told: str) -> None:
    made = table([{"picture": "0.png", "caption": "a cat"}], picture="image", caption="text")
    with pytest.raises(RecipeError, match=told):
        read_recipe(made.having(steps=[{"align": {"score": SIDES, **settings}}]).path)
