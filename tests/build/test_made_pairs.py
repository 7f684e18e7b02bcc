"""Pairs that a machine made: what is taken, what is rejected, and what is said of both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import CurateError
from curate.pairs.marks import TRAINED, source_type
from curate.run.build import Built
from tests.workspace import Workspace, curate, write_lines

SPOKEN = [
    "The quick brown fox jumps over the lazy dog.",
    "A duck swims on a quiet pond.",
    "An apple a day keeps the doctor away.",
    "She opened the window and looked at the sea.",
    "xqzzy brrk vvlt",
    "Bread is baked early in the morning.",
]
FIELDS: dict[str, dict[str, Any]] = {
    "caption": {"type": "text", "language": "en"},
    "speech": {"type": "audio", "language": "en", "optional": True},
    "kind": {"type": "metadata"},
}
SPEAK = {
    "speak": "caption",
    "into": "speech",
    "voices": ["hibari:heart"],
    "accept": {"heard": {"wer_below": 0.3}},
}


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Built]:
    root = tmp_path_factory.mktemp("spoken")
    rows = [{"caption": text, "kind": f"k{n % 2}"} for n, text in enumerate(SPOKEN)]
    write_lines(root / "media" / "rows.jsonl", rows)
    place = Workspace(root).having(
        name="spoken",
        version="1.0.0",
        fields=FIELDS,
        sources=[{"jsonl": {"path": "../media/rows.jsonl", "caption": "caption", "kind": "kind"}}],
        steps=[{"split": {"train": 0.6, "test": 0.4}}, {"synthesize": SPEAK}],
    )
    return place, place.build()


def made(place: Workspace) -> pl.DataFrame:
    return pl.read_parquet(place.release / "made.parquet")


def test_only_training_pairs_become_parents(spoken: tuple[Workspace, Built]) -> None:
    place, built = spoken
    pairs, _, data = place.tables()
    collected = pairs.filter(pl.col("origin") == "collected")
    children = pairs.filter(pl.col("origin") == "synthetic")
    train = set(collected.filter(pl.col("split") == "train")["pair_id"])
    assert set(children.explode("parents")["parents"]) == train
    assert 0 < len(train) < len(SPOKEN)
    assert built.facts.pairs.made.value == children.height == len(train)
    of_children = data.join(children.select("pair_id"), on="pair_id", how="semi")
    assert set(of_children["split"]) <= {"train"}


def test_what_was_not_heard_right_is_rejected(spoken: tuple[Workspace, Built]) -> None:
    place, _ = spoken
    pairs, decisions, data = place.tables()
    said = decisions.filter(pl.col("verdict").is_in(["add", "reject"])).join(
        pairs.select("pair_id", "caption", "status"), on="pair_id"
    )
    for row in said.iter_rows(named=True):
        wrong = row["score"] <= 0.7
        assert row["verdict"] == ("reject" if wrong else "add")
        assert row["status"] == ("rejected" if wrong else "kept")
        assert row["reason"] == ("wer above threshold" if wrong else None)
        assert row["detail"].startswith("heard ")
    assert "kept" in set(said["status"])
    rejected = set(said.filter(pl.col("verdict") == "reject")["pair_id"])
    assert not rejected & set(data["pair_id"])


def test_children_keep_what_their_parents_hold(spoken: tuple[Workspace, Built]) -> None:
    place, _ = spoken
    pairs, _, _ = place.tables()
    children = pairs.filter(pl.col("origin") == "synthetic").explode("parents")
    both = children.join(pairs, left_on="parents", right_on="pair_id", suffix="_parent")
    assert both["caption"].to_list() == both["caption_parent"].to_list()
    assert both["kind"].to_list() == both["kind_parent"].to_list()
    assert both["speech_sha256"].null_count() == 0
    assert both["speech_sha256_parent"].null_count() == both.height


def test_how_everything_was_made_is_told(spoken: tuple[Workspace, Built]) -> None:
    place, _ = spoken
    pairs, _, _ = place.tables()
    lines = made(place).join(pairs.select("pair_id", "caption", "speech_sha256"), on="pair_id")
    assert lines.height == pairs.filter(pl.col("origin") == "synthetic").height
    assert lines["prompt"].to_list() == lines["caption"].to_list()
    assert lines["value"].to_list() == lines["speech_sha256"].to_list()
    assert set(lines["generator"]) == {"hibari:heart"}
    assert lines["settings"].str.contains("hibari-tts").all()
    assert curate("verify", place.release).code == 0
    told = curate("explain", place.release, lines["pair_id"][0])
    assert "made by machine: speech" in told.out
    assert "hibari:heart" in told.out


def test_a_second_build_makes_nothing_again(spoken: tuple[Workspace, Built]) -> None:
    place, first = spoken
    again = place.build()
    assert again.digest == first.digest
    assert sum(spent.computed for spent in again.usage.measures.values()) == 0


def test_released_sounds_are_those_that_were_made(
    spoken: tuple[Workspace, Built], tmp_path: Path
) -> None:
    place, _ = spoken
    files = sorted(place.release.glob("data/train/*.parquet"))
    data = pl.concat(pl.read_parquet(path) for path in files)
    synthetic = data.filter(pl.col("origin") == "synthetic")
    assert synthetic.height
    assert all(cell["bytes"][:4] == b"fLaC" for cell in synthetic["speech"])
    assert {source_type(cell["bytes"]) for cell in synthetic["speech"]} == {TRAINED}


def test_a_share_is_never_passed(spoken: tuple[Workspace, Built]) -> None:
    place, _ = spoken
    capped = place.having(
        name="capped",
        steps=[{"synthesize": {**SPEAK, "each": 3, "targets": {"at_most": 0.25}}}],
    )
    built = capped.build()
    pairs, _, data = capped.tables()
    synthetic = pairs.filter((pl.col("origin") == "synthetic") & (pl.col("status") == "kept"))
    assert synthetic.height == 2
    assert synthetic.height <= 0.25 * data.height
    assert (built.facts.pairs.made.value or 0) >= 2


def test_what_is_not_marked_does_not_leave_the_store(
    spoken: tuple[Workspace, Built], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, _ = spoken
    monkeypatch.setattr("curate.measures.speech.marked", lambda data, source: data)
    careless = place.having(name="careless", steps=[{"synthesize": {**SPEAK, "seed": 7}}])
    with pytest.raises(CurateError, match="made a file that does not say so"):
        careless.build()


def test_the_same_way_of_two_texts_makes_two_children(tmp_path: Path) -> None:
    write_lines(tmp_path / "media" / "rows.jsonl", [{"caption": "A duck.", "title": "The pond."}])
    text = {"type": "text", "language": "en"}
    unheard = {**SPEAK, "accept": {"heard": False}}
    place = Workspace(tmp_path).having(
        name="spoken",
        version="1.0.0",
        fields={"caption": text, "title": text, "speech": FIELDS["speech"]},
        sources=[
            {"jsonl": {"path": "../media/rows.jsonl", "caption": "caption", "title": "title"}}
        ],
        steps=[{"synthesize": unheard}, {"synthesize": {**unheard, "speak": "title"}}],
    )
    place.build()
    _, _, data = place.tables()
    lines = made(place)
    assert lines["pair_id"].n_unique() == lines.height == 2
    assert set(lines["pair_id"]) <= set(data["pair_id"])


def test_what_was_made_before_is_not_told_twice(tmp_path: Path) -> None:
    place = _of_one_text(
        tmp_path,
        {**SPEAK, "accept": {"heard": {"wer_below": 1e-9}}},
        {**SPEAK, "accept": {"heard": False}},
        {**SPEAK, "seed": 5, "accept": {"heard": False}},
    )
    place.build()
    assert made(place)["accepted"].to_list() == [False, True]
    assert curate("verify", place.release).code == 0
    (found,) = json.loads((place.release / "evaluation.json").read_text())["evaluations"]
    assert [(step["made"], step["taken"]) for step in found["steps"]] == [(1, 0), (0, 0), (1, 1)]


def _of_one_text(root: Path, *steps: dict[str, Any]) -> Workspace:
    write_lines(root / "media" / "rows.jsonl", [{"caption": "xqzzy brrk vvlt"}])
    return Workspace(root).having(
        name="spoken",
        version="1.0.0",
        fields={name: FIELDS[name] for name in ("caption", "speech")},
        sources=[{"jsonl": {"path": "../media/rows.jsonl", "caption": "caption"}}],
        steps=[{"synthesize": step} for step in steps],
        evaluate=[{"synthetic": {}}],
    )


@pytest.mark.parametrize("name", ["index", "seed", "prompt", "score"])
def test_a_field_is_not_named_as_a_column_of_the_step(tmp_path: Path, name: str) -> None:
    place = _of_one_text(tmp_path, SPEAK)
    fields = {**{n: FIELDS[n] for n in ("caption", "speech")}, name: {"type": "metadata"}}
    with pytest.raises(CurateError, match=f"'{name}' is also what the step calls a column"):
        place.having(fields=fields).build()


def test_labels_in_metadata_leave_pairs_to_be_learned_from(
    spoken: tuple[Workspace, Built],
) -> None:
    place, _ = spoken
    labelled = place.having(
        name="labelled",
        fields={**FIELDS, "language": {"type": "metadata"}},
        steps=[
            {"pseudo_label": {"language": "caption", "fill": "language", "min_confidence": 0.0}},
            {"synthesize": SPEAK},
        ],
    )
    built = labelled.build()
    pairs, _, _ = labelled.tables()
    collected = pairs.filter(pl.col("origin") == "collected")
    assert collected.height == len(SPOKEN)
    assert collected["language"].null_count() < len(SPOKEN)
    assert built.facts.pairs.made.value
    assert made(labelled).filter(pl.col("field") == "language").height
    assert curate("verify", labelled.release).code == 0
