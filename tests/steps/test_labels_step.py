"""`align` of labels: wrong categories of real pictures and captions are found and named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import TypeAdapter

from curate.pairs.field import Field
from curate.recipe import read_recipe
from curate.run.build import Options, opened
from curate.run.progress import Silence
from curate.steps.labels import Labels
from tests.steps.conftest import Table
from tests.workspace import Workspace

STAMPS = Path("/usr/share/tuxpaint/stamps")
needs_stamps = pytest.mark.skipif(
    not STAMPS.is_dir(), reason="the Debian package tuxpaint-stamps-default is not installed"
)

BIRDS = ["duck", "owl", "swan", "hen", "crow", "goose", "sparrow", "eagle", "robin", "pigeon"]
TOOLS = ["hammer", "saw", "drill", "wrench", "chisel", "pliers", "axe", "file", "screwdriver"]
PLACES = ["on the table", "in the garden", "by the wall"]


def decided(place: Workspace, **parameters: Any) -> pl.DataFrame:
    """What the step says, in the order of the rows, with the columns that it adds."""
    step = Labels.parse({"labels": "category", "from": "caption", **parameters})
    with opened(read_recipe(place.having(steps=[]).path), Options(), Silence()) as (course, asking):
        outcome = step.decide(course.living, asking)
        assert outcome.columns is not None
        rows = course.living.select("pair_id", "position", "caption")
        said = rows.join(outcome.verdicts, on="pair_id").join(outcome.columns, on="pair_id")
        return said.sort("position")


@pytest.fixture
def labelled(table: Table) -> Workspace:
    """Birds and tools; a hammer among the birds, an owl without a label, and a lonely planet."""
    things = [(thing, "bird") for thing in BIRDS] + [(thing, "tool") for thing in TOOLS]
    rows: list[dict[str, Any]] = [
        {"caption": f"a {thing} {place}", "category": category}
        for thing, category in things
        for place in PLACES
    ]
    rows += [
        {"caption": "a heavy hammer and nails", "category": "bird"},
        {"caption": "an owl at night", "category": None},
        {"caption": "Saturn and its rings", "category": "planet"},
    ]
    return table(rows, caption="text")


@pytest.mark.parametrize("action", ["flag", "review", "drop"])
def test_a_wrong_label_is_named_with_a_better_one(labelled: Workspace, action: str) -> None:
    said = decided(labelled, action=action)
    assert said["verdict"].to_list()[-3:] == [action, "not_assessed", "not_assessed"]
    assert said["reason"].to_list()[-3:] == [
        "label disagrees with content",
        "no label",
        "too few pairs are labelled planet",
    ]
    wrong = said.row(-3, named=True)
    assert wrong["detail"] == "suggested tool"
    assert wrong["score"] == said["score"].min()
    assert wrong["score"] < 0.5
    assert (said["verdict"] == action).sum() <= 3


def test_the_score_has_the_name_that_was_given(labelled: Workspace) -> None:
    said = decided(labelled, **{"as": "fitting"})
    assert said["fitting"].equals(said["score"], check_names=False)
    assert Labels.parse({"labels": "a", "from": "b", "as": "c"}).gives == ("c",)


@pytest.mark.parametrize(
    ("parameters", "path", "message"),
    [
        ({"labels": "caption"}, ("labels",), "'caption' is no metadata field"),
        ({"from": "speech"}, ("encoder",), "'embedded' reads no audio"),
        ({"from": "category"}, ("from",), "'category' has no content"),
        ({"encoder": "clip"}, ("encoder",), "'clip' names no encoder"),
        ({"from": "picture"}, ("from",), "'picture' is no field"),
    ],
)
def test_objections(parameters: dict[str, str], path: tuple[str, ...], message: str) -> None:
    given = {"speech": "audio", "caption": "text", "category": "metadata"}
    fields = {n: TypeAdapter(Field).validate_python({"type": kind}) for n, kind in given.items()}
    step = Labels.parse({"labels": "category", "from": "caption", **parameters})
    found = next(iter(step.check(fields)))
    assert (found.path, found.message) == (path, message)


@pytest.mark.slow
@needs_stamps
@pytest.mark.parametrize(("source", "recall"), [("image", 0.75), ("caption", 0.75)])
def test_planted_labels_are_found(table: Table, tmp_path: Path, source: str, recall: float) -> None:
    """One in twenty of the stamps stands in another stamp's folder."""
    place, planted = misplaced(table, tmp_path)
    said = decided(place, **{"from": source})
    found = (said["verdict"] == "review").to_numpy()
    assert (found & planted).sum() / planted.sum() >= recall
    assert (found & planted).sum() / found.sum() >= 0.3


def misplaced(table: Table, folder: Path) -> tuple[Workspace, np.ndarray]:
    """Stamps with captions, their first folder as the category, and which ones are wrong."""
    (folder / "media").mkdir()
    rows: list[dict[str, Any]] = []
    for picture in sorted(STAMPS.rglob("*.png")):
        text = picture.with_suffix(".txt")
        if text.exists():
            inside = picture.relative_to(STAMPS)
            name = "_".join(inside.parts)
            shutil.copy(picture, folder / "media" / name)
            caption = text.read_text("utf-8").splitlines()[0]
            rows.append({"image": name, "caption": caption, "category": inside.parts[0]})
    common = [name for name, n in _counts(rows).items() if n >= 15]
    chance = np.random.default_rng(0)
    wrong = chance.random(len(rows)) < 0.05
    for row in (row for row, bad in zip(rows, wrong, strict=True) if bad):
        row["category"] = chance.choice([name for name in common if name != row["category"]])
    return table(rows, image="image", caption="text"), wrong


def _counts(rows: list[dict[str, Any]]) -> dict[str, int]:
    names = [row["category"] for row in rows]
    return {name: names.count(name) for name in sorted(set(names))}
