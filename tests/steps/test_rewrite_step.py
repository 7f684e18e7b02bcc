"""`synthesize` of texts: reworded, translated and back, judged by what they mean."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from curate.recipe import read_recipe
from curate.run.build import Options, opened
from curate.run.progress import Silence
from curate.steps.rewrite import Rewrite
from tests.models.talkers import SAID, text_talker
from tests.steps.conftest import Table
from tests.workspace import Workspace, curate

CAPTIONS = ["a red boat", "a green tree", "a blue bird"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"file:{text_talker(tmp_path_factory.mktemp('models'))}"


@pytest.fixture
def place(table: Table) -> Workspace:
    made = table([{"caption": caption} for caption in CAPTIONS], caption="text")
    return made.having(fields={"caption": {"type": "text", "language": "en"}})


def made(place: Workspace, model: str, **more: Any) -> pl.DataFrame:
    """What became of every child: its text and what the ledger says of it."""
    given = {"rewrite": "caption", "into": "caption", "by": model, "tokens": 12, **more}
    with opened(read_recipe(place.having(steps=[]).path), Options(), Silence()) as (course, asking):
        outcome = Rewrite.parse(given).decide(course.living, asking)
        assert outcome.made is not None
        assert outcome.added is not None
        said = outcome.added.drop("caption")
        return outcome.made.join(said, on="pair_id", suffix="_said").sort("value", nulls_last=True)


def test_texts_are_taken_that_mean_the_same_in_other_words(place: Workspace, model: str) -> None:
    children = made(place, model, prefix="again: ", accept={"meaning": {"above": 0.6}})
    reasons = dict(children.select("value", "reason").iter_rows())
    assert reasons == {
        "a boat that is red": None,
        "a green tree": "says the same words",
        "a loaf of bread": "meaning lost",
    }
    assert children["accepted"].to_list() == [True, False, False]
    assert children["generator"].unique().to_list() == [model]


def test_there_and_back(place: Workspace, model: str) -> None:
    ways = {"through": "fr", "prefix": "to French: ", "back_prefix": "to English: "}
    children = made(place, model, **ways, accept={"meaning": False})
    home = {SAID[f"to English: {SAID[f'to French: {caption}']}"] for caption in CAPTIONS}
    assert set(children["value"]) == home
    settings = json.loads(children["settings"][0])
    assert settings["through"] == "fr"
    assert settings["back"] == model


def test_lengths_take_turns_and_children_differ_in_seed(place: Workspace, model: str) -> None:
    children = made(place, model, words=[3, 9], each=2, prefix="again: ")
    told = children["prompt"].str.extract(r"about (\d+) words").unique().sort().to_list()
    assert told == ["3", "9"]
    assert children["seed"].unique().sort().to_list() == [0, 1]


def test_another_language_is_rejected(place: Workspace, model: str) -> None:
    loose = {"meaning": {"above": -1.0, "sure": 0.3}}
    children = made(place, model, prefix="to French: ", accept=loose)
    french = children.filter(pl.col("value") == "un bateau rouge")
    assert french["reason"].to_list() == ["in another language"]
    wanted = made(place, model, prefix="to French: ", to="fr", accept=loose)
    assert set(wanted["reason"]) == {None}


def test_what_was_not_finished_is_rejected(place: Workspace, model: str) -> None:
    children = made(place, model, tokens=2, prefix="again: ")
    assert set(children["reason"]) == {"could not be made"}
    assert children["detail"].str.contains("cut off after 2 tokens").all()


def test_a_build_takes_what_passes(place: Workspace, model: str) -> None:
    step = {"rewrite": "caption", "into": "caption", "by": model, "prefix": "again: "}
    accept = {"accept": {"meaning": {"above": 0.6}}}
    steps = [{"synthesize": {**step, **accept}}]
    done = place.having(steps=steps, evaluate=[{"synthetic": {}}]).build()
    assert done.facts.pairs.made.value == 3
    data = pl.read_parquet(sorted(place.release.glob("data/*/*.parquet")))
    assert sorted(data["caption"]) == [
        "a blue bird",
        "a boat that is red",
        "a green tree",
        "a red boat",
    ]
    (found,) = json.loads((place.release / "evaluation.json").read_text())["evaluations"]
    assert found["steps"][0]["texts"]["chrf2"]["value"] > 30  # against "a red boat"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"to": "fr", "through": "de"}, "'to' and 'through' exclude each other"),
        ({"through": "fr", "words": [3]}, "a translation is as long as it is"),
        ({"back": "hf:a/b"}, "'back' has no language to come back from"),
        ({"by": "gpt"}, "'gpt' names no model"),
        ({"accept": {"meaning": {"above": 0.9, "below": 0.8}}}, "'above' is not less than 'below'"),
        ({"accept": {"heard": {}}}, "'heard' judges audio, and text is made"),
    ],
)
def test_wrong_settings_are_told(place: Workspace, more: dict[str, Any], told: str) -> None:
    step = {"rewrite": "caption", "into": "caption", "by": "hf:a/b", **more}
    said = curate("plan", place.having(steps=[{"synthesize": step}]).path)
    assert said.code == 2
    assert told in said.err
