"""`pseudo_label`: what is missing or weak is filled where a labeller is sure, and said to be."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from curate.run.build import Built
from curate.steps.pseudo_label import PseudoLabel
from tests.steps.asked import fields
from tests.steps.conftest import Table
from tests.workspace import Workspace, curate

BIRDS = ["duck", "owl", "swan", "hen", "crow", "goose", "sparrow", "eagle", "robin", "pigeon"]
TOOLS = ["hammer", "saw", "drill", "wrench", "chisel", "pliers", "axe", "file", "screwdriver"]
PLACES = ["on the table", "in the garden", "by the wall", "under a tree", "at the door"]
TRAIN = {"train": "title", "fill": "kind", "min_confidence": 0.8}
FIND = {"neighbours": "title", "fill": "caption", "min_confidence": 0.6}


@pytest.fixture
def things(table: Table) -> Workspace:
    """Birds and tools in five places each; some lack a kind, others their caption."""
    rows: list[dict[str, Any]] = []
    for kind, names in (("bird", BIRDS), ("tool", TOOLS)):
        for name in names:
            for place in PLACES:
                number = len(rows)
                rows.append(
                    {
                        "title": f"a {name} {place}",
                        "caption": None if number % 9 == 4 else f"This is a {name}.",
                        "kind": None if number % 7 == 3 else kind,
                    }
                )
    return table(rows, title="text", caption="text")


def filled(place: Workspace, *steps: dict[str, Any], **keys: Any) -> tuple[Built, pl.DataFrame]:
    """What a build said, and the pairs with what was made for them."""
    built = place.having(steps=[{"pseudo_label": step} for step in steps], **keys).build()
    pairs = pl.read_parquet(place.release / "pairs.parquet")
    made = pl.read_parquet(place.release / "made.parquet").drop("step", "name")
    return built, pairs.join(made, on="pair_id")


def kind_of(title: str) -> str:
    return "bird" if title.split()[1] in BIRDS else "tool"


def test_a_missing_label_is_learned_from_the_others(things: Workspace) -> None:
    built, made = filled(things, TRAIN)
    assert made.height == 14
    right = made["value"] == made["title"].map_elements(kind_of, pl.String)
    assert right.sum() >= 13
    taken = made.filter("accepted")
    assert taken.height >= 10
    assert (taken["confidence"] >= 0.8).all()
    assert (taken["kind"] == taken["value"]).all()
    assert set(taken["origin"]) == {"collected"}  # its contents are
    assert set(made.filter(~pl.col("accepted"))["origin"]) <= {"collected"}
    assert built.facts.pairs.changed.value == taken.height
    assert f"{taken.height} of 14 labelled; gold accuracy by round" in str(built.stages[-2].note)
    assert curate("verify", things.release).code == 0


def test_how_it_was_made_is_told(things: Workspace) -> None:
    _, made = filled(things, TRAIN)
    line = made.row(0, named=True)
    assert (line["field"], line["generator"]) == ("kind", "curate self-training")
    assert json.loads(line["settings"]) == {"encoder": "embedded", "rounds": 3, "sure": 0.9}
    assert line["replaced"] is None


def test_a_missing_caption_is_found_among_neighbours(things: Workspace) -> None:
    _, made = filled(things, FIND)
    assert made.height == 11
    taken = made.filter("accepted")
    names = taken["title"].str.split(" ").list.get(1)
    right = pl.DataFrame([taken["value"], names]).select(
        pl.col("value").str.contains(pl.col("title"))
    )
    assert taken.height >= 6
    assert right.to_series().mean() >= 0.8  # type: ignore[operator]
    pairs = pl.read_parquet(things.release / "pairs.parquet").select(
        prompt="pair_id", said="caption"
    )
    cited = made.join(pairs, on="prompt")
    assert (cited["said"] == cited["value"]).sum() == made.height


def test_neighbours_are_near_by_several_fields_at_once(things: Workspace) -> None:
    path = things.media / "rows.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    parted = [{**row, "place": row["title"].split(maxsplit=2)[2]} for row in rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in parted))
    source = {**things.recipe["sources"][0]["jsonl"], "place": "place"}
    place = things.having(
        fields={**things.recipe["fields"], "place": {"type": "text"}}, sources=[{"jsonl": source}]
    )
    _, made = filled(place, {**FIND, "neighbours": ["title", "place"], "count": 3})
    assert made.height == 11
    assert json.loads(made["settings"][0])["count"] == 3
    assert made["accepted"].any()


def test_a_plan_counts_what_labels_need(things: Workspace) -> None:
    place = things.having(steps=[{"pseudo_label": FIND}])
    assert "pseudo_label neighbours title" in curate("plan", place.path).out


def test_doubt_is_told_where_confidence_cannot_be_held_against_anything(things: Workspace) -> None:
    built, _ = filled(things, TRAIN)
    assert "too few known to say how far confidence holds" in str(built.stages[-2].note)
    decisions = pl.read_parquet(things.release / "decisions.parquet")
    lines = decisions.filter(pl.col("reason") == "kind filled")
    assert lines["detail"].unique().to_list() == ["too few known to say how far confidence holds"]


def test_what_is_not_sure_stays_as_it_was(things: Workspace) -> None:
    built, made = filled(things, {**TRAIN, "min_confidence": 1.0})
    assert built.facts.pairs.changed.value == 0
    assert not made["accepted"].any()
    decisions = pl.read_parquet(things.release / "decisions.parquet")
    lines = decisions.filter(pl.col("reason") == "label of kind not confident")
    assert lines.height == 14
    assert set(lines["verdict"]) == {"keep"}
    assert (lines["score"] < lines["threshold"]).all()


def test_what_is_still_missing_is_no_pair(things: Workspace) -> None:
    place = things.having(
        fields={**things.recipe["fields"], "caption": {"type": "text", "optional": False}}
    )
    built, made = filled(place, FIND)
    left = int((~made["accepted"]).sum())
    assert built.left.get("complete: caption missing", 0) == left
    assert sum(built.kept.values()) == 95 - left


def test_a_weak_value_is_replaced_and_remembered(things: Workspace) -> None:
    path = things.media / "rows.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[0]["kind"] = "thing"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    _, made = filled(things, {**TRAIN, "replace": "kind = 'thing'"})
    (line,) = made.drop_nulls("replaced").to_dicts()
    assert (line["replaced"], line["value"], line["kind"]) == ("thing", "bird", "bird")
    decisions = pl.read_parquet(things.release / "decisions.parquet")
    assert decisions.filter(pl.col("reason") == "kind replaced").height == 1


def test_what_a_person_decided_is_no_label_s(things: Workspace) -> None:
    _, made = filled(things, TRAIN)
    pair = made.filter("accepted")["pair_id"][0]
    line = {"pair_id": pair, "field": "kind", "value": "pet", "by": "Ada", "at": "2026-11-21"}
    reviews = things.root / "reviews" / "table.jsonl"
    reviews.parent.mkdir()
    reviews.write_text(json.dumps(line) + "\n")
    _, again = filled(things, {**TRAIN, "replace": "kind = 'pet'"})
    assert pair not in set(again["pair_id"])
    pairs = pl.read_parquet(things.release / "pairs.parquet").filter(pair_id=pair)
    assert pairs.select("kind", "origin").row(0) == ("pet", "collected")


def test_a_label_that_a_person_called_wrong_stays_away(things: Workspace) -> None:
    _, made = filled(things, TRAIN)
    pair = made.filter("accepted")["pair_id"][0]
    line = {"action": "wrong_label", "pair_id": pair, "field": "kind", "by": "Ada"}
    reviews = things.root / "reviews" / "table.jsonl"
    reviews.parent.mkdir()
    reviews.write_text(json.dumps({**line, "at": "2026-11-21"}) + "\n")
    _, again = filled(things, TRAIN)
    pairs, decisions = (
        pl.read_parquet(things.release / f"{name}.parquet").filter(pair_id=pair)
        for name in ("pairs", "decisions")
    )
    assert pair not in set(again["pair_id"])
    assert pairs["kind"].to_list() == [None]
    said = decisions.filter(name="review").select("verdict", "reason").row(0)
    assert said == ("flag", "called wrong by Ada")


def test_labels_are_held_against_hidden_values(things: Workspace) -> None:
    filled(
        things, TRAIN, FIND, evaluate=[{"pseudo_labels": {"of": "kind", "share": 0.1, "times": 3}}]
    )
    (found,) = json.loads((things.release / "evaluation.json").read_text())["evaluations"]
    assert found["correct_means"] == "equal to the value that was hidden"
    assert found["hidden"] == found["labelled"] > 20
    assert found["correct"]["value"] > 0.8
    assert sum(line["n"] for line in found["reliability"]) == found["labelled"]
    assert found["ece"] < 0.2
    assert found["accepted_correct"]["value"] >= found["correct"]["value"]


def test_errors_of_labels_are_told_by_group(things: Workspace) -> None:
    path = things.media / "rows.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    placed = [{**row, "indoors": "table" in row["title"]} for row in rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in placed))
    source = {**things.recipe["sources"][0]["jsonl"], "indoors": "indoors"}
    place = things.having(
        fields={**things.recipe["fields"], "indoors": {"type": "metadata", "group": True}},
        sources=[{"jsonl": source}],
    )
    filled(place, TRAIN, evaluate=[{"pseudo_labels": {"of": "kind", "share": 0.3, "times": 3}}])
    (found,) = json.loads((place.release / "evaluation.json").read_text())["evaluations"]
    groups = found["by_group"]["indoors"]
    assert set(groups) == {"true", "false"}
    assert sum(group["n"] for group in groups.values()) == found["labelled"]
    birds = groups["false"]["classes"]["bird"]["true_positive_rate"]
    assert birds["low"] <= birds["value"] <= birds["high"]


def test_too_few_to_learn_from_is_said(table: Table) -> None:
    rows = [{"title": f"a {name}", "kind": kind} for name, kind in zip("abcd", "xyx", strict=False)]
    place = table([*rows, {"title": "a bird", "kind": None}], title="text")
    built, made = filled(place, TRAIN)
    assert made.height == 0
    assert built.stages[-2].note is not None
    decisions = pl.read_parquet(place.release / "decisions.parquet")
    line = decisions.filter(pl.col("reason") == "kind could not be labelled").row(0, named=True)
    assert line["detail"] == "too few pairs to learn from"


@pytest.mark.parametrize(
    ("step", "path", "message"),
    [
        ({"train": "title", "fill": "title"}, ("fill",), "'title' is a field of type text"),
        ({"train": "titel", "fill": "kind"}, ("train",), "'titel' is no field"),
        ({"train": "speech", "fill": "kind"}, ("encoder",), "'embedded' reads no audio"),
        (
            {"neighbours": "title", "fill": "title"},
            ("fill",),
            "'title' cannot be filled from itself",
        ),
        ({"neighbours": "kind", "fill": "title"}, ("neighbours",), "'kind' is a field of type"),
        (
            {"neighbours": "speech", "fill": "title", "encoder": {"sound": "hf:a/b"}},
            ("encoder", "sound"),
            "'sound' is not read",
        ),
        (
            {**TRAIN, "replace": "x IN (FROM read_csv('/etc/passwd'))"},
            ("replace",),
            "a condition cannot read tables",
        ),
        ({**TRAIN, "replace": "kind ="}, ("replace",), "the condition cannot be read"),
    ],
)
def test_objections(step: dict[str, Any], path: tuple[str, ...], message: str) -> None:
    known = fields(title="text", kind="metadata", speech="audio")
    form = next(form for form in PseudoLabel.shapes() if form.leads in step)
    found = [one for one in form.parse(step).check(known) if one.path == path]
    assert found
    assert message in found[0].message


def test_a_condition_that_fails_is_said(things: Workspace) -> None:
    place = things.having(steps=[{"pseudo_label": {**TRAIN, "replace": "align < 0"}}])
    said = curate("build", place.path)
    assert said.code == 3
    assert "the condition replace: align < 0 fails on this data" in " ".join(said.err.split())


def test_an_evaluation_of_a_field_that_nothing_fills_is_refused(things: Workspace) -> None:
    place = things.having(
        steps=[{"pseudo_label": TRAIN}], evaluate=[{"pseudo_labels": {"of": "kinds"}}]
    )
    said = curate("build", place.path)
    assert said.code == 2
    assert "no step labels 'kinds'" in said.err
    assert "kind" in said.err
