"""Scores of two sides: which encoders may stand where, and what the ledger says of each pair."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from curate.errors import RecipeError
from tests.models import tiny
from tests.recordings import film, pictures
from tests.steps.conftest import Table
from tests.workspace import Workspace, photo, tone

THINGS = ["cat", "dog", "boat", "house", "tree", "bird", "song", "sky"]
COLOURS = ["red", "blue", "green", "small", "big", "old", "new", "wet"]
CAPTIONS = [f"a {colour} {thing}" for colour in COLOURS for thing in THINGS]


def rows(count: int = 64, **more: Any) -> list[dict[str, Any]]:
    return [{"picture": f"{n}.png", "caption": CAPTIONS[n], **more} for n in range(count)]


def pictured(table: Table, tmp_path: Path, some: list[dict[str, Any]], **kinds: str) -> Workspace:
    made = table(some, picture="image", caption="text", **kinds)
    for n in range(len(some)):
        photo(n, 40, 40).save(tmp_path / "media" / f"{n}.png")
    return made


def step(**settings: Any) -> dict[str, Any]:
    return {"align": settings}


class TestSides:
    def test_the_order_of_the_sides_makes_no_difference(self, table: Table, tmp_path: Path) -> None:
        made = pictured(table, tmp_path, rows())
        one = made.decide(step(score=["picture", "caption"]))
        other = made.decide(step(score=["caption", "picture"]))
        assert one["score"].null_count() == 0
        assert one["score"].to_list() == other["score"].to_list()

    def test_a_side_of_two_fields(self, table: Table, tmp_path: Path) -> None:
        made = pictured(
            table, tmp_path, [{**row, "title": row["caption"]} for row in rows()], title="text"
        )
        said = made.decide(step(score=[["picture", "title"], "caption"]))
        assert said["score"].null_count() == 0
        assert said["detail"].str.contains("head").all()
        assert not said["detail"].str.contains("zero_shot").any()

    def test_what_lacks_a_side_is_not_assessed(self, table: Table, tmp_path: Path) -> None:
        some = rows()
        some[3]["caption"] = None
        said = pictured(table, tmp_path, some).decide(step(score=["picture", "caption"]))
        assert said["verdict"].to_list().count("not_assessed") == 1
        assert said["verdict"][3] == "not_assessed"

    def test_too_few_pairs_are_compared_as_they_are(self, table: Table, tmp_path: Path) -> None:
        said = pictured(table, tmp_path, rows(8)).decide(step(score=["picture", "caption"]))
        assert said["score"].null_count() == 0
        assert said["detail"].str.contains("zero_shot").all()


class TestEncoders:
    def test_one_model_for_both_sides(self, table: Table, tmp_path: Path) -> None:
        model = tiny.clip(tmp_path)
        made = pictured(table, tmp_path, rows(12))
        said = made.decide(step(score=["picture", "caption"], encoder=f"file:{model}"))
        assert said["score"].null_count() == 0
        assert said["score"].is_between(-1, 1).all()
        assert not said["detail"].str.contains("head").any()

    def test_a_head_on_top_of_it(self, table: Table, tmp_path: Path) -> None:
        model = tiny.clip(tmp_path)
        made = pictured(table, tmp_path, rows())
        said = made.decide(step(score=["picture", "caption"], encoder=f"file:{model}", head=True))
        assert said["detail"].str.contains("head .*zero_shot").all()

    def test_another_model_for_each_side(self, table: Table, tmp_path: Path) -> None:
        model = tiny.clip(tmp_path)
        made = pictured(table, tmp_path, rows())
        said = made.decide(step(score=["picture", "caption"], encoder={"picture": f"file:{model}"}))
        assert said["score"].null_count() == 0
        assert not said["detail"].str.contains("zero_shot").any()

    def test_a_model_that_reads_both_sides_at_once(self, table: Table, tmp_path: Path) -> None:
        model = tiny.blip(tmp_path)
        made = pictured(table, tmp_path, rows(30))
        drop = {"expected_mismatch_share": 0.2}
        said = made.decide(step(score=["picture", "caption"], scorer=f"file:{model}", drop=drop))
        assert said["score"].null_count() == 0
        assert said["detail"].str.contains("mismatched in all").all()

    def test_what_a_model_cannot_read(self, table: Table, tmp_path: Path) -> None:
        model = tiny.clip(tmp_path)
        made = pictured(table, tmp_path, rows(4))
        with pytest.raises(Exception, match="no CLIP|safetensors|does not exist|cannot"):
            made.decide(step(score=["picture", "caption"], encoder=f"file:{model}/nothing"))


class TestTexts:
    def test_lengths_and_languages_are_reasons_of_their_own(
        self, tmp_path: Path, table: Table
    ) -> None:
        some = [{"caption": CAPTIONS[n], "title": f"{CAPTIONS[n]} here"} for n in range(64)]
        some[5]["title"] = "this title goes on and on about many things that nobody asked for"
        some[6]["title"] = "Die Katze schläft gerne den ganzen Tag auf dem Sofa"
        made = table(some, caption="text", title="text")
        fields = {**made.recipe["fields"]}
        fields["title"] = {"type": "text", "language": "en"}
        made = made.having(fields=fields)
        said = made.decide(step(texts=["caption", "title"], length_ratio=5, languages=0.9))
        assert said["reason"][5] == "length ratio above bound"
        assert said["reason"][6] == "title in another language"
        assert "reads as de" in said["detail"][6]
        assert said["verdict"].to_list().count("drop") == 2

    def test_meaning_is_compared(self, table: Table) -> None:
        some = [{"caption": CAPTIONS[n], "title": f"{CAPTIONS[n]} here"} for n in range(64)]
        some[7]["title"], some[40]["title"] = some[40]["title"], some[7]["title"]
        said = table(some, caption="text", title="text").decide(step(texts=["caption", "title"]))
        assert set(np.argsort(said["score"].to_numpy())[:2]) == {7, 40}


class TestMistakes:
    @pytest.mark.parametrize(
        ("settings", "told"),
        [
            ({"score": ["picture", "picture"]}, "stands there twice"),
            ({"score": ["picture", "kind"]}, "'kind' has no content"),
            ({"score": ["picture", "capton"]}, "did you mean 'caption'"),
            ({"score": ["picture", "caption"], "encoder": "clip"}, "names no encoder"),
            ({"score": ["picture", "caption"], "encoder": {"kind": "embedded"}}, "is not scored"),
            (
                {
                    "score": ["picture", "caption"],
                    "encoder": {"picture": "hf:a/b"},
                    "head": False,
                },
                "need a head",
            ),
            ({"score": ["picture", "caption"], "within": "caption"}, "is no metadata field"),
            ({"score": [["picture", "title"], "caption"], "scorer": "hf:a/b"}, "one field on each"),
            ({"texts": ["picture", "caption"]}, "'picture' is no text"),
            ({"texts": ["title", "caption"], "languages": 0.9}, "declares its language"),
            ({"score": ["speech", "caption"]}, "not the audio field 'speech'"),
        ],
    )
    def test_told_before_anything_runs(
        self, table: Table, settings: dict[str, Any], told: str
    ) -> None:
        row = {"picture": "0.png", "caption": "a", "title": "b", "kind": "c", "speech": "0.wav"}
        made = table([row], picture="image", caption="text", title="text", speech="audio")
        with pytest.raises(RecipeError, match=told):
            made.decide(step(**settings))


def test_scores_have_names(table: Table) -> None:
    some = [{"caption": CAPTIONS[n], "title": CAPTIONS[n], "other": CAPTIONS[n]} for n in range(8)]
    made = table(some, caption="text", title="text", other="text")
    steps = [
        {"align": {"texts": ["caption", "title"], "as": "titles"}},
        {"align": {"texts": ["caption", "other"]}},
        {"align": {"fuse": ["titles", "align"]}},
        {"select": {"size": 5, "by": "fused"}},
    ]
    assert made.having(steps=steps).build().kept == {"train": 5}
    with pytest.raises(RecipeError, match="no earlier step gives the score 'titles'"):
        made.having(steps=[{"select": {"size": 5, "by": "titles"}}]).build()
    twice = [{"align": {"texts": ["caption", name]}} for name in ("title", "other")]
    with pytest.raises(RecipeError, match="two steps give the score 'align'"):
        made.having(steps=twice).build()


def test_the_estimate_is_told_beside_the_bound(table: Table, tmp_path: Path) -> None:
    made = pictured(table, tmp_path, rows())
    drop = {"expected_mismatch_share": 0.99}
    built = made.having(steps=[step(score=["picture", "caption"], drop=drop)]).build()
    note = next(stage.note for stage in built.stages if stage.name.startswith("align"))
    assert note is not None
    assert "bound 99.0%" in note
    decisions = pl.read_parquet(built.path / "decisions.parquet")
    assert decisions["detail"].str.contains("mismatched in all").any()


class TestRecordings:
    def test_films_by_what_their_scenes_show(self, table: Table, tmp_path: Path) -> None:
        made = table(
            [{"film": f"{n}.mp4", "caption": CAPTIONS[n]} for n in range(3)],
            film="video",
            caption="text",
        )
        for n in range(3):
            (tmp_path / "media" / f"{n}.mp4").write_bytes(film(frames=list(pictures(4 + n))))
        said = made.decide(step(score=["film", "caption"]))
        assert said["score"].null_count() == 0
        assert said["detail"].str.contains("zero_shot").all()
        model = tiny.clip(tmp_path)
        seen = made.decide(step(score=["film", "caption"], encoder=f"file:{model}"))
        assert seen["score"].is_between(-1, 1).all()

    def test_sounds_by_a_model_that_hears(self, table: Table, tmp_path: Path) -> None:
        made = table(
            [{"sound": f"{n}.wav", "caption": CAPTIONS[n]} for n in range(3)],
            sound="audio",
            caption="text",
        )
        for n in range(3):
            tone(tmp_path / "media" / f"{n}.wav", 300 + 100 * n)
        model = tiny.clap(tmp_path)
        said = made.decide(step(score=["sound", "caption"], encoder=f"file:{model}"))
        assert said["score"].is_between(-1, 1).all()
