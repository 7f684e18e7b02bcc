"""What a person decided stands: before every step, above every label, after every rebuild."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.review.subject import under_review
from curate.run.progress import Silence
from tests.workspace import FIELDS, FOLDER, STEPS, Workspace, curate, write_lines, write_media

AT = "2026-11-21T10:00:00Z"


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    write_media(tmp_path / "media")
    keys: dict[str, Any] = {
        "name": "things",
        "version": "draft",
        "fields": FIELDS,
        "sources": [{"folder": FOLDER}],
        "steps": STEPS,
    }
    return Workspace(tmp_path).having(**keys)


def review(place: Workspace, *lines: dict[str, Any] | str) -> Path:
    """Append lines to the recipe's reviews, by Ada unless another is named."""
    path = place.root / "reviews" / "things.jsonl"
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        for line in lines:
            whole = line if isinstance(line, str) else json.dumps({"by": "Ada", "at": AT, **line})
            file.write(whole + "\n")
    return path


def named(place: Workspace, row: str) -> dict[str, Any]:
    pairs, _, _ = place.tables()
    return pairs.row(by_predicate=pl.col("row").str.ends_with(row), named=True)


def told(place: Workspace, pair_id: str) -> list[dict[str, Any]]:
    _, decisions, _ = place.tables()
    return decisions.filter(
        (pl.col("pair_id") == pair_id) & (pl.col("name") == "review")
    ).to_dicts()


def test_a_correction_is_released_and_told(place: Workspace) -> None:
    place.build()
    before = named(place, "owl.webp")
    correction = {"pair_id": before["pair_id"], "field": "caption", "value": "A barn owl at night."}
    review(place, {**correction, "value": "An owl, asleep."}, correction)
    place.build()
    after = named(place, "owl.webp")
    assert after["caption"] == "A barn owl at night."
    assert after["pair_id"] == before["pair_id"]
    assert after["caption_sha256"] != before["caption_sha256"]
    (line,) = told(place, before["pair_id"])
    assert (line["verdict"], line["reason"]) == ("change", "corrected by Ada")
    assert "'A barn owl at night.' in place of 'An owl at night.'" in line["detail"]
    assert curate("verify", place.release).code == 0


def test_it_stands_after_rebuilds_and_is_part_of_the_digest(place: Workspace) -> None:
    plain = place.build().digest
    pair = named(place, "owl.webp")["pair_id"]
    review(place, {"pair_id": pair, "field": "category", "value": "animals"})
    digests = {place.build().digest for _ in range(2)}
    assert len(digests) == 1
    assert plain not in digests
    assert named(place, "owl.webp")["category"] == "animals"


def test_steps_see_what_was_corrected(place: Workspace) -> None:
    place.build()
    soup = named(place, "soup.webp")
    assert soup["status"] == "dropped"
    review(place, {"pair_id": soup["pair_id"], "field": "caption", "value": "A bowl of soup."})
    place.build()
    assert named(place, "soup.webp")["status"] == "kept"


def test_what_was_missing_is_given_by_a_person(place: Workspace) -> None:
    (place.media / "things" / "lamp.txt").unlink()
    place.build()
    lamp = named(place, "lamp.jpg")
    assert lamp["status"] == "dropped"
    review(place, {"pair_id": lamp["pair_id"], "field": "caption", "value": "A lamp that is on."})
    place.build()
    assert named(place, "lamp.jpg")["status"] == "kept"
    (line,) = told(place, lamp["pair_id"])
    assert "in place of nothing" in line["detail"]


def test_a_confirmed_value_is_no_change(place: Workspace) -> None:
    place.build()
    pair = named(place, "owl.webp")["pair_id"]
    review(place, {"pair_id": pair, "field": "caption", "value": "An owl at night."})
    place.build()
    (line,) = told(place, pair)
    assert (line["verdict"], line["reason"]) == ("keep", "confirmed by Ada")


def test_a_pair_that_is_not_there_is_noted(place: Workspace) -> None:
    review(place, {"pair_id": "0" * 32, "field": "caption", "value": "A duck."})
    built = place.build()
    (stage,) = [stage for stage in built.stages if stage.name == "review"]
    assert stage.note == "reviewed, but not here: 1"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "is no JSON"),
        ("[1]", "Input should be a valid dictionary"),
        ('{"pair_id": "a"}', "by: Field required"),
        ({"field": "captoin", "value": "x"}, "'captoin' is no field"),
        ({"field": "image", "value": "x"}, "'image' is of type image"),
        ({"field": "caption", "value": " "}, "the value is empty"),
        ({"field": "caption", "value": None}, "value: Input should be"),
        ({"field": "caption", "value": float("nan")}, "NaN is no value"),
        ({"field": "caption", "value": "\ud83e"}, "half a character"),
        (
            '{"pair_id": "a", "field": "caption", "value": 1e999, "by": "A", "at": "2026-11-21"}',
            "inf",
        ),
        ({"field": "caption", "value": "x", "by": "A\u001b[2J"}, "'by' holds what cannot be shown"),
        ({"field": "caption", "value": "x", "at": "today"}, "'today' is no moment"),
        ({"field": "caption", "value": "x", "by": ""}, "by: String should have"),
        ({"field": "caption", "value": "x", "action": "burn"}, "'burn' is no action"),
        ({"field": "caption", "value": "x", "why": "y"}, "why: Extra inputs"),
    ],
)
def test_a_bad_line_is_named(place: Workspace, line: Any, message: str) -> None:
    good = {"pair_id": "0" * 32, "field": "caption", "value": "A duck."}
    path = review(place, good, "", line if isinstance(line, str) else {"pair_id": "a", **line})
    said = curate("build", place.path)
    assert said.code == 3
    assert f"{path}, line 3: " in said.err.replace("\n", "")
    assert message in " ".join(said.err.split())


def test_a_value_of_another_type_is_named(place: Workspace) -> None:
    place.build()
    pair = named(place, "owl.webp")["pair_id"]
    path = review(place, {"pair_id": pair, "field": "caption", "value": 7})
    said = curate("build", place.path)
    assert said.code == 3
    assert f"{path}, line 1: 'caption' holds texts, not 7" in said.err.replace("\n", "")


def test_a_plan_heeds_reviews(place: Workspace) -> None:
    place.build()
    pair = named(place, "owl.webp")["pair_id"]
    review(place, {"pair_id": pair, "field": "caption", "value": "An owl, awake."})
    assert "review" in curate("plan", place.path).out


@pytest.mark.parametrize(
    ("value", "message"),
    [(1.5, "holds whole numbers, not 1.5"), (True, "not True"), (10**30, "not 1000"), (1990, None)],
)
def test_numbers_are_corrected_as_numbers(tmp_path: Path, value: Any, message: str | None) -> None:
    write_lines(tmp_path / "media" / "rows.jsonl", [{"caption": "A duck.", "year": 1989}])
    place = Workspace(tmp_path).having(
        name="things",
        version="draft",
        fields={"caption": {"type": "text"}, "year": {"type": "metadata"}},
        sources=[{"jsonl": {"path": "../media/rows.jsonl", "caption": "caption", "year": "year"}}],
        steps=[],
    )
    place.build()
    pair = pl.read_parquet(place.release / "pairs.parquet")["pair_id"][0]
    review(place, {"pair_id": pair, "field": "year", "value": value})
    said = curate("build", place.path)
    if message is None:
        assert said.code == 0
        assert pl.read_parquet(place.release / "pairs.parquet")["year"].to_list() == [1990]
    else:
        assert said.code == 3
        assert message in " ".join(said.err.split())


def test_what_is_said_of_a_candidate_is_for_the_next_build(place: Workspace) -> None:
    gated = place.having(version="1.0.0", governance={"gates": {"pairs.kept": {"min": 100}}})
    assert curate("build", gated.path).code == 4
    candidate = place.root / ".curate" / "candidates" / "things" / "1.0.0"
    with under_review(candidate, Silence()) as subject:
        assert subject.reviews == place.root / "reviews" / "things.jsonl"


def test_a_release_that_was_taken_elsewhere_is_not_reviewed(
    place: Workspace, tmp_path: Path
) -> None:
    place.build()
    taken = shutil.copytree(place.release, tmp_path / "taken")
    said = curate("review", taken, "--agreement")
    assert said.code == 1
    assert "does not stand in a workspace" in " ".join(said.err.split())
