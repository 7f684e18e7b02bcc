"""People keep and drop pairs: the next build does as they said, and changes nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.pairs.field import Fields
from curate.recipe import read_recipe
from curate.run.build import Options, opened
from curate.run.progress import Silence
from curate.run.review_file import append
from curate.run.reviews import ACTIONS, Undo, read_reviews
from tests.workspace import (
    FIELDS,
    FOLDER,
    STEPS,
    Workspace,
    curate,
    photo,
    write_lines,
    write_media,
)

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
    place = Workspace(tmp_path).having(**keys)
    place.build()
    return place


def say(place: Workspace, row: str, action: str, by: str = "Ada", **more: Any) -> None:
    line = {"action": action, "pair_id": named(place, row)["pair_id"], "by": by, "at": AT, **more}
    append(place.root / "reviews" / "things.jsonl", line)


def named(place: Workspace, row: str) -> dict[str, Any]:
    pairs, _, _ = place.tables()
    return pairs.row(by_predicate=pl.col("row").str.ends_with(row), named=True)


def told(place: Workspace, row: str) -> list[tuple[str, str, str | None]]:
    """What the ledger says of a pair beyond that it stayed."""
    _, decisions, _ = place.tables()
    mine = decisions.filter(pl.col("pair_id") == named(place, row)["pair_id"])
    rows = mine.sort("step").select("name", "verdict", "reason").rows()
    return [(name, verdict, reason) for name, verdict, reason in rows if reason is not None]


def fates(place: Workspace) -> dict[str, Any]:
    """Row by row: its line of the table, and everything that was decided but for the steps' numbers."""
    pairs, decisions, _ = place.tables()
    lines = decisions.drop("step").sort(pl.all())
    parts = lines.partition_by("pair_id", as_dict=True)
    return {
        pair["row"].rsplit("/")[-1]: (pair, parts[(pair["pair_id"],)].rows())
        for pair in pairs.iter_rows(named=True)
    }


def moved(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    assert before.keys() == after.keys()
    return {row for row in before if before[row] != after[row]}


def test_a_dropped_pair_goes_and_its_copy_stays_out(place: Workspace) -> None:
    before = fates(place)
    say(place, "duck.png", "drop")
    place.build()
    assert named(place, "duck.png")["status"] == "dropped"
    assert told(place, "duck.png")[-1] == ("review", "drop", "dropped by Ada")
    assert moved(before, fates(place)) == {"duck.png"}
    assert curate("verify", place.release).code == 0


@pytest.mark.parametrize(
    ("row", "against"),
    [
        ("soup.webp", "filter image.min_side caption.words"),
        ("tiny.png", "filter image.min_side caption.words"),
        ("duck_again.jpg", "dedup near image"),
    ],
)
def test_a_kept_pair_stays_against_steps_that_judge(
    place: Workspace, row: str, against: str
) -> None:
    before = fates(place)
    assert named(place, row)["status"] == "dropped"
    say(place, row, "keep")
    place.build()
    assert named(place, row)["status"] == "kept"
    lines = {name: (verdict, reason) for name, verdict, reason in told(place, row)}
    assert lines["review"] == ("keep", "kept by Ada")
    verdict, reason = next(said for name, said in lines.items() if name.startswith(against[:6]))
    assert verdict == "keep"
    assert (reason or "").startswith("kept by Ada, against: ")
    assert moved(before, fates(place)) == {row}
    assert curate("verify", place.release).code == 0


def test_law_stands_above_people(place: Workspace) -> None:
    licence = {"sources": {"folder": "CC-BY-4.0"}, "allow": ["CC0-1.0"]}
    strict = place.having(steps=[*STEPS, {"licence": licence}])
    say(place, "ball.svg", "keep")
    said = curate("build", strict.path)
    assert said.code == 3
    assert "they left: 7 by 'licence'" in said.err


def test_what_is_there_twice_is_there_once(tmp_path: Path) -> None:
    rows = [{"caption": "A duck.", "n": 1}, {"caption": "A duck.", "n": 2}]
    write_lines(tmp_path / "media" / "rows.jsonl", rows)
    place = Workspace(tmp_path).having(
        name="things",
        version="draft",
        fields={"caption": {"type": "text"}, "n": {"type": "metadata"}},
        sources=[{"jsonl": {"path": "../media/rows.jsonl", "caption": "caption", "n": "n"}}],
        steps=[{"dedup": {"exact": "caption"}}],
    )
    place.build()
    pairs, _, _ = place.tables()
    (gone,) = pairs.filter(pl.col("status") == "dropped")["pair_id"]
    line = {"action": "keep", "pair_id": gone, "by": "Ada", "at": AT}
    append(place.root / "reviews" / "things.jsonl", line)
    place.build()
    assert place.tables()[0].filter(pl.col("status") == "dropped")["pair_id"].to_list() == [gone]


def test_unsafe_is_not_outvoted_and_told_by_no_table(place: Workspace) -> None:
    say(place, "owl.webp", "correct", field="caption", value="Something dreadful.")
    say(place, "owl.webp", "unsafe", by="Bob")
    say(place, "owl.webp", "keep")
    place.build()
    owl = named(place, "owl.webp")
    assert (owl["status"], owl["caption"], owl["caption_fr"]) == ("dropped", None, None)
    assert told(place, "owl.webp")[-1] == ("review", "drop", "unsafe, said Bob")
    for path in place.release.rglob("*"):
        if path.is_file():
            assert b"dreadful" not in path.read_bytes(), path
    assert curate("verify", place.release).code == 0
    say(place, "owl.webp", "undo", by="Bob")
    place.build()
    assert named(place, "owl.webp")["caption"] == "Something dreadful."


def test_unsafe_is_said_of_what_had_left_too(place: Workspace) -> None:
    say(place, "soup.webp", "unsafe")
    place.build()
    assert told(place, "soup.webp")[-1] == ("review", "flag", "unsafe, said Ada")
    assert named(place, "soup.webp")["caption"] is None


def test_of_several_people_the_last_counts(place: Workspace) -> None:
    say(place, "owl.webp", "drop")
    say(place, "owl.webp", "keep", by="Bob")
    place.build()
    assert named(place, "owl.webp")["status"] == "kept"
    say(place, "owl.webp", "drop")
    place.build()
    assert named(place, "owl.webp")["status"] == "dropped"


def test_a_wrong_label_is_empty_and_stays_so(place: Workspace) -> None:
    before = fates(place)
    say(place, "owl.webp", "wrong_label", field="category")
    place.build()
    assert named(place, "owl.webp")["category"] is None
    assert told(place, "owl.webp")[0][1:] == ("change", "called wrong by Ada")
    assert moved(before, fates(place)) == {"owl.webp"}
    say(place, "owl.webp", "correct", field="category", value="raptors")
    place.build()
    assert named(place, "owl.webp")["category"] == "raptors"


def test_a_required_text_cannot_be_emptied(place: Workspace) -> None:
    say(place, "owl.webp", "wrong_label", field="caption")
    said = curate("build", place.path)
    assert said.code == 3
    assert "'caption' is required" in said.err


def test_synthetic_is_an_origin(place: Workspace) -> None:
    before = fates(place)
    say(place, "owl.webp", "synthetic")
    place.build()
    assert named(place, "owl.webp")["origin"] == "declared_synthetic"
    assert moved(before, fates(place)) == {"owl.webp"}


def test_what_is_undone_was_never_said(place: Workspace) -> None:
    before, digest = fates(place), place.build().digest
    say(place, "owl.webp", "drop")
    say(place, "owl.webp", "correct", field="caption", value="A hawk.")
    assert place.build().digest != digest
    say(place, "owl.webp", "undo", by="Bob")
    say(place, "owl.webp", "undo")
    say(place, "owl.webp", "undo")
    say(place, "owl.webp", "undo")
    place.build()
    assert moved(before, fates(place)) == set()


def test_steps_see_what_is_to_go_whatever_else_was_said(place: Workspace) -> None:
    say(place, "owl.webp", "drop")
    say(place, "owl.webp", "correct", field="caption", value="A hawk.")
    say(place, "owl.webp", "synthetic", by="Bob")
    with opened(read_recipe(place.path), Options(), Silence()) as (course, asking):
        course.run(asking)
    row = course.table.row(by_predicate=pl.col("caption") == "A hawk.", named=True)
    assert (row["decided"], row["reviewed"], row["origin"]) == (
        "drop",
        ["caption"],
        "declared_synthetic",
    )


def test_agreement_is_told(place: Workspace) -> None:
    for row, other in (("owl.webp", "drop"), ("duck.png", "keep"), ("lamp.jpg", "drop")):
        say(place, row, "drop" if row == "owl.webp" else "keep")
        say(place, row, other, by="Bob")
    for target in (place.path, place.release):
        said = curate("review", target, "--agreement")
        assert said.out.splitlines() == [
            "Ada: 3 pairs",
            "Bob: 3 pairs",
            "Ada and Bob: kappa 0.40, 67% of 3 pairs alike",
        ]


def test_facts_and_audit_say_who_decided(place: Workspace) -> None:
    say(place, "owl.webp", "drop")
    say(place, "soup.webp", "keep", by="Bob")
    facts = place.build().facts
    assert facts.pairs.reviewed.value == 2
    audit = json.loads((place.release / "audit.json").read_text())
    assert [one["by"] for one in audit["reviewers"]] == ["Ada", "Bob"]


def test_what_machines_made_is_judged_when_it_is_made(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    rows = [{"image": f"{n}.png", "caption": f"Thing {n} by day."} for n in range(3)]
    for number, row in enumerate(rows):
        photo(number).save(tmp_path / "media" / row["image"])
    write_lines(tmp_path / "media" / "rows.jsonl", rows)
    place = Workspace(tmp_path).having(
        name="things",
        version="draft",
        fields={"image": {"type": "image"}, "caption": {"type": "text", "language": "en"}},
        sources=[
            {"jsonl": {"path": "../media/rows.jsonl", "image": "image", "caption": "caption"}}
        ],
        steps=[{"synthesize": {"augment": "image", "into": "image", "by": {"flip": 1}}}],
    )
    place.build()
    before = place.tables()[0]
    first, second, _ = before.filter(pl.col("origin") == "synthetic")["pair_id"].sort()
    path = place.root / "reviews" / "things.jsonl"
    line = {"by": "Ada", "at": AT}
    append(path, {**line, "action": "drop", "pair_id": first})
    append(path, {**line, "pair_id": second, "field": "caption", "value": "Seen in a mirror."})
    place.build()
    after, decisions, _ = place.tables()
    moved = before.join(after, on=before.columns, how="anti", nulls_equal=True)
    assert set(moved["pair_id"]) == {first, second}
    by_id = {row["pair_id"]: row for row in after.to_dicts()}
    assert by_id[first]["status"] == "dropped"
    assert by_id[second]["caption"] == "Seen in a mirror."
    said = decisions.filter(pl.col("name") == "review").sort("step")["reason"].to_list()
    assert said == ["corrected by Ada", "dropped by Ada"]
    assert curate("verify", place.release).code == 0


def _fields(place: Workspace) -> Fields:
    return read_recipe(place.path).fields


SAYINGS = st.lists(
    st.tuples(st.sampled_from(["Ada", "Bob"]), st.sampled_from(sorted(ACTIONS))), max_size=12
)


@given(said=SAYINGS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_undoing_everything_leaves_nothing(tmp_path: Path, said: list[tuple[str, str]]) -> None:
    fields = _fields(
        Workspace(tmp_path).having(
            name="things", version="draft", fields=FIELDS, sources=[{"folder": FOLDER}], steps=[]
        )
    )
    path = tmp_path / "reviews.jsonl"
    path.unlink(missing_ok=True)
    for by, action in said:
        line = {"action": action, "pair_id": "a", "by": by, "at": AT}
        line |= {"field": "category"} if action in ("correct", "wrong_label") else {}
        line |= {"value": "x"} if action == "correct" else {}
        append(path, line)
    standing = read_reviews(path, fields)
    for _ in said:
        for by in ("Ada", "Bob"):
            append(path, Undo(action="undo", pair_id="a", by=by, at=AT).model_dump())
    undone = read_reviews(path, fields)
    assert (standing is None) == (undone is None)
    assert undone is None or not undone.opinions


def test_what_somebody_wants_unused_is_not_quoted_by_who_corrected_it(tmp_path: Path) -> None:
    rows = [{"caption": "A duck.", "url": "https://example.org/1"}]
    rows += [{"caption": "A guarded owl.", "url": "https://example.net/2"}]
    write_lines(tmp_path / "media" / "rows.jsonl", rows)
    place = Workspace(tmp_path).having(
        name="things",
        version="draft",
        fields={"caption": {"type": "text"}, "url": {"type": "metadata"}},
        sources=[{"jsonl": {"path": "../media/rows.jsonl", "caption": "caption", "url": "url"}}],
        steps=[{"consent": {"lists": ["optout.txt"], "urls": "url"}}],
    )
    (place.path.parent / "optout.txt").write_text("example.net\n")
    place.build()
    pairs, _, _ = place.tables()
    pair_id = pairs.filter(status="dropped")["pair_id"][0]
    for said in ({"field": "caption", "value": "Another owl."}, {"action": "keep"}):
        line = {"pair_id": pair_id, "by": "Ada", "at": AT, **said}
        append(tmp_path / "reviews" / "things.jsonl", line)
    place.build()
    pairs, decisions, _ = place.tables()
    assert pairs.filter(pair_id=pair_id)["status"].to_list() == ["dropped"]
    assert "owl" not in str(pairs.to_dicts()) + str(decisions.to_dicts())
    (consent,) = decisions.filter((pl.col("name") == "consent") & (pl.col("verdict") == "drop"))[
        "detail"
    ]
    assert "optout.txt" in consent
