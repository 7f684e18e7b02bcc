"""What a release says of itself: figures with intervals, the same each time, part of no digest."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.workspace import Workspace, curate


@pytest.fixture(scope="module")
def found(things: Workspace) -> dict[str, dict[str, Any]]:
    document = json.loads((things.release / "evaluation.json").read_text())
    assert document["format"] == 1
    return {one["evaluation"]: one for one in document["evaluations"]}


def test_retrieval_finds_better_than_chance(found: dict[str, dict[str, Any]]) -> None:
    retrieval = found["retrieval"]
    ways = {(way["from"], way["to"]): way for way in retrieval["directions"]}
    assert set(ways) == {("image", "caption"), ("caption", "image")}
    for way in ways.values():
        recalls = [way[f"recall@{k}"] for k in (1, 5, 10)]
        assert [one["value"] for one in recalls] == sorted(one["value"] for one in recalls)
        assert all(one["low"] <= one["value"] <= one["high"] for one in recalls)
        assert recalls[2]["low"] > 10 / way["candidates"]
    assert retrieval["auc"]["low"] > 0.6


def test_captions_that_say_the_same_are_one_candidate(
    things: Workspace, found: dict[str, dict[str, Any]]
) -> None:
    pairs, _, _ = things.tables()
    kept = pairs.filter(pairs["status"] == "kept")
    said = kept["caption"].str.to_lowercase().str.strip_chars(" .!?")
    to_caption, to_image = found["retrieval"]["directions"]
    assert to_caption["candidates"] == said.n_unique() < kept.height
    assert to_image["candidates"] == kept["image_sha256"].n_unique()


def test_planted_errors_are_found_by_the_recipes_own_steps(
    found: dict[str, dict[str, Any]],
) -> None:
    planted = found["planted_errors"]
    assert planted["planted"]["value"] >= 5
    assert planted["caught"]["n"] == 2
    assert planted["caught"]["value"] > 0.1
    assert 0 <= planted["recall_at_precision"]["value"] <= 1


def test_curated_and_raw_pairs_teach_alike(found: dict[str, dict[str, Any]]) -> None:
    curation = found["curation"]
    assert curation["raw_pairs"] >= curation["learned_from"] > 100
    for taught in ("curated", "raw"):
        assert curation[taught]["auc"] > 0.6
    gain = curation["gain"]["auc"]
    assert gain["low"] <= gain["value"] <= gain["high"]
    assert gain["value"] == pytest.approx(
        curation["curated"]["auc"] - curation["raw"]["auc"], abs=2e-4
    )


def test_it_is_told_where_people_look(things: Workspace) -> None:
    said = curate("build", things.path)
    assert "already published" in said.out
    assert "retrieval: image to caption recall@10" in said.out
    assert "AUC" in (things.release / "README.md").read_text()
    assert curate("verify", things.release).code == 0


def test_the_same_figures_from_a_fresh_start(things: Workspace, tmp_path: Any) -> None:
    shutil.copytree(things.root / "recipes", tmp_path / "recipes")
    again = Workspace(tmp_path, things.recipe)
    again.build(store=things.store)
    name = "evaluation.json"
    assert (again.release / name).read_text() == (things.release / name).read_text()
