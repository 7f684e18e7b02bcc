"""`curate explain`: every verdict on a pair, with what it was decided by."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from tests.conftest import Finished
from tests.workspace import Workspace, curate, write_lines


def pair_of(finished: Finished, row: str) -> str:
    pairs, _, _ = finished.workspace.tables()
    return str(pairs.filter(pl.col("row") == row)["pair_id"][0])


def told(finished: Finished, row: str) -> dict[str, Any]:
    said = curate("explain", finished.release, pair_of(finished, row), "--json")
    assert said.code == 0
    assert said.err == ""
    document: dict[str, Any] = said.document
    return document


def test_kept(finished: Finished) -> None:
    found = told(finished, "things/chair.png")
    assert found["pair"]["status"] == "kept"
    assert found["pair"]["caption"] == "A chair by the window."
    assert found["pair"]["split"] in ("train", "test")
    assert {line["verdict"] for line in found["verdicts"]} == {"keep"}
    names = [line["name"].partition(" ")[0] for line in found["verdicts"]]
    assert names == ["read", "filter", "dedup", "decode", "dedup", "split", "release"]
    assert found["related"] == {}


def test_dropped(finished: Finished) -> None:
    found = told(finished, "birds/duck_again.jpg")
    assert found["pair"]["status"] == "dropped"
    *_, last = found["verdicts"]
    duck = pair_of(finished, "birds/duck.png")
    assert (last["name"], last["verdict"], last["related_id"]) == ("dedup near image", "drop", duck)
    assert 0.945 == last["threshold"] < last["score"] < 1
    assert found["related"][duck]["row"] == "birds/duck.png"


def test_for_people(finished: Finished) -> None:
    out = curate("explain", finished.release, pair_of(finished, "birds/duck_again.jpg")).out
    duck = pair_of(finished, "birds/duck.png")
    assert out.splitlines()[0].endswith("dropped")
    assert "drop       near duplicate" in out
    assert ", threshold 0.945" in out
    assert f"related: {duck}  birds/duck.png  (kept)" in out
    tiny = curate("explain", finished.release, pair_of(finished, "birds/tiny.png")).out
    assert "image.min_side below minimum" in tiny
    assert "score 20, threshold 48" in tiny


def test_the_first_characters_are_enough(finished: Finished) -> None:
    whole = pair_of(finished, "things/chair.png")
    short = next(whole[:n] for n in range(1, 33) if _names_one(finished, whole[:n]))
    said = curate("explain", finished.release, short)
    assert said.code == 0
    assert whole in said.out


def _names_one(finished: Finished, start: str) -> bool:
    pairs, _, _ = finished.workspace.tables()
    return int(pairs["pair_id"].str.starts_with(start).sum()) == 1


def test_too_few_characters(finished: Finished) -> None:
    said = curate("explain", finished.release, "")
    assert said.code == 1
    assert "10 pairs of" in said.err
    assert "hint: such as " in said.err


def test_unknown(finished: Finished) -> None:
    whole = pair_of(finished, "things/chair.png")
    slip = whole[:-1] + ("0" if whole[-1] != "0" else "1")
    for pair_id in (slip, "no pair", "[a-z]*", "%"):
        said = curate("explain", finished.release, pair_id, "--json")
        assert said.code == 1
        assert f"has no pair '{pair_id}'" in said.document["error"]["message"]
    assert f"it has pairs such as {whole}" in curate("explain", finished.release, slip).err


def test_no_release(finished: Finished) -> None:
    said = curate("explain", finished.release.parent, "abc")
    assert said.code == 1
    assert "is no release" in said.err


def test_merged_and_unreadable(workspace: Workspace) -> None:
    rows = [{"image": "birds/duck.png", "caption": "A duck"}] * 3
    write_lines(workspace.media / "rows.jsonl", [*rows, {"image": "no.png", "caption": "Nothing"}])
    source = {"path": "../media/rows.jsonl", "image": "image", "caption": "caption"}
    workspace = workspace.having(sources=[{"jsonl": {**source, "max_unreadable": 0.5}}], steps=[])
    release = workspace.build().path
    pairs = dict(pl.read_parquet(release / "pairs.parquet").select("row", "pair_id").rows())
    merged = curate("explain", release, pairs["0"]).out
    assert merged.count("merge      equal row") == 2
    assert "jsonl: 1" in merged
    assert "jsonl: 2" in merged
    missing = curate("explain", release, pairs["3"]).out
    assert "unreadable image unreadable" in missing
    assert "no such file: no.png" in missing


@pytest.mark.parametrize("nasty", ["\x1b[2J\x1b]0;title\x07", "a\u202eb", "\r\nforged: line"])
def test_nothing_a_terminal_would_obey(workspace: Workspace, nasty: str) -> None:
    """What comes from data is shown, not acted upon."""
    write_lines(workspace.media / "rows.jsonl", [{"caption": f"some {nasty} words", "kind": nasty}])
    fields = {"caption": {"type": "text"}, "kind": {"type": "metadata"}}
    source = {"path": "../media/rows.jsonl", "caption": "caption", "kind": "kind"}
    release = workspace.having(fields=fields, sources=[{"jsonl": source}], steps=[]).build().path
    (pair_id,) = pl.read_parquet(release / "pairs.parquet")["pair_id"]
    out = curate("explain", release, pair_id).out
    assert all(character.isprintable() for character in out.replace("\n", ""))
    assert "\nforged" not in out
    assert "some " in out
