"""Builds whose pictures are varied and whose films are made, by tiny pipelines of random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.pairs.video import check_video
from tests.diffusion import stable_diffusion, wan
from tests.workspace import Workspace, age, curate, photo, write_lines

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn.t accept a copy keyword:DeprecationWarning"
)
CAPTIONS = ["a duck", "an owl", "a red apple", None]
FIELDS: dict[str, Any] = {
    "image": {"type": "image"},
    "caption": {"type": "text", "language": "en", "optional": True},
    "clip": {"type": "video", "optional": True},
}
TAKEN = {"aligned": False, "memorised": False, "collapsed": False}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("diffused")
    rows = [{"caption": text, "image": f"{n}.png"} for n, text in enumerate(CAPTIONS)]
    write_lines(root / "media" / "rows.jsonl", rows)
    for number in range(len(CAPTIONS)):
        photo(number, 48, 32).save(root / "media" / f"{number}.png")
    age(root / "media")
    source = {"path": "../media/rows.jsonl", "caption": "caption", "image": "image"}
    return Workspace(root).having(
        name="diffused", version="1.0.0", fields=FIELDS, sources=[{"jsonl": source}]
    )


@pytest.fixture(scope="module")
def varying(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {
        "vary": "image",
        "into": "image",
        "prompt_from": "caption",
        "generator": f"file:{stable_diffusion(tmp_path_factory.mktemp('varying'))}",
        "steps": 4,
        "accept": TAKEN,
    }


@pytest.fixture(scope="module")
def filming(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {
        "film": "caption",
        "into": "clip",
        "generator": f"file:{wan(tmp_path_factory.mktemp('filming'))}",
        "frames": 5,
        "width": 32,
        "height": 16,
        "accept": TAKEN,
    }


def test_a_varied_picture_stands_with_its_parents_caption(
    place: Workspace, varying: dict[str, Any]
) -> None:
    place = place.having(name="varied", steps=[{"synthesize": varying}])
    place.build()
    pairs, decisions, _ = place.tables()
    children = pairs.filter(pl.col("origin") == "synthetic").explode("parents")
    both = children.join(pairs, left_on="parents", right_on="pair_id", suffix="_parent")
    assert both.height == len(CAPTIONS)
    assert both["caption"].to_list() == both["caption_parent"].to_list()
    made = both.filter(pl.col("image_sha256").is_not_null())
    assert (made["image_sha256"] != made["image_sha256_parent"]).all()
    told = pl.read_parquet(place.release / "made.parquet")
    assert set(told.drop_nulls("value")["prompt"]) == set(filter(None, CAPTIONS))
    assert told["settings"].str.contains('"strength":0.6').all()
    rejected = decisions.filter(pl.col("verdict") == "reject")
    assert rejected.select("reason", "detail").rows() == [("could not be made", "no caption")]
    assert curate("verify", place.release).code == 0


def test_what_stays_like_its_parent_is_memorised(place: Workspace, varying: dict[str, Any]) -> None:
    asked = {"aligned": False, "safe": False, "collapsed": False}
    step = {"synthesize": {**varying, "repaint": 0.002, "accept": asked}}
    place = place.having(name="alike", steps=[step])
    place.build()
    pairs, decisions, _ = place.tables()
    known = decisions.filter(pl.col("reason") == "memorised")
    assert known.height == len(CAPTIONS) - 1
    collected = pairs.filter(pl.col("origin") == "collected")["pair_id"]
    assert known["related_id"].is_in(collected.implode()).all()


def test_a_part_painted_anew_is_made_once(place: Workspace, varying: dict[str, Any]) -> None:
    step = {"synthesize": {**varying, "repaint": 0.3, "each": 2}}
    place = place.having(name="repainted", steps=[step])
    first = place.build()
    told = pl.read_parquet(place.release / "made.parquet").drop_nulls("value")
    assert told["value"].n_unique() == 2 * (len(CAPTIONS) - 1)
    again = place.build()
    assert again.digest == first.digest
    assert sum(spent.computed for spent in again.usage.measures.values()) == 0


def test_films_are_released_whole(place: Workspace, filming: dict[str, Any]) -> None:
    place = place.having(name="filmed", steps=[{"synthesize": filming}])
    place.build()
    data = pl.concat(pl.read_parquet(path) for path in place.release.glob("data/**/*.parquet"))
    films = data.filter(pl.col("origin") == "synthetic").drop_nulls("clip")["clip"]
    assert len(films) == len(CAPTIONS) - 1
    assert {check_video(cell["bytes"]) for cell in films} == {5}
    assert curate("verify", place.release).code == 0


def test_a_strength_that_leaves_no_step_is_refused(
    place: Workspace, varying: dict[str, Any]
) -> None:
    step = {"synthesize": {**varying, "steps": 1}}
    said = curate("plan", place.having(name="weak", steps=[step]).path)
    assert said.code == 2
    assert "a strength of 0.6 leaves no step of 1" in said.err


def test_a_plan_makes_nothing(place: Workspace, varying: dict[str, Any], tmp_path: Path) -> None:
    steps = [{"synthesize": varying}]
    place = place.copied(tmp_path).having(name="planned", steps=steps)
    assert curate("plan", place.path).code == 0
    assert not list(place.store.glob("blobs/**/*.png"))
