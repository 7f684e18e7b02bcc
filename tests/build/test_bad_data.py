"""What cannot be read becomes a verdict; too much of it, or nothing at all, ends the build."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.workspace import FOLDER, Workspace, age, curate, photo


def truncated(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def headless(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\nno more than this")


def linked_out(path: Path) -> None:
    outside = path.parents[2] / "outside.png"
    path.rename(outside)
    path.symlink_to(outside)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def wordless(path: Path) -> None:
    path.with_suffix(".txt").unlink()


def not_utf8(path: Path) -> None:
    path.with_suffix(".txt").write_bytes(b"caf\xe9\n")


HARM: list[tuple[Callable[[Path], None], str, str, str]] = [
    (truncated, "unreadable", "image unreadable", "truncated"),
    (headless, "unreadable", "image unreadable", ""),
    (linked_out, "refused", "image refused", "a link out of the source's folder"),
    (a_folder, "refused", "image refused", "a folder, not a regular file"),
    (wordless, "drop", "caption missing", "things/chair.txt"),
    (not_utf8, "unreadable", "caption unreadable", "UTF-8"),
]


def lenient(workspace: Workspace, **keys: Any) -> Workspace:
    """The workspace with a source of which everything may be unreadable."""
    return workspace.having(sources=[{"folder": {**FOLDER, "max_unreadable": 1.0, **keys}}])


def verdicts_on(workspace: Workspace, row: str) -> list[dict[str, Any]]:
    pairs, decisions, _ = workspace.tables()
    lines = decisions.join(pairs.select("pair_id", "row"), on="pair_id")
    return lines.filter(pl.col("row") == row).sort("step").to_dicts()


@pytest.mark.parametrize(("harm", "verdict", "reason", "detail"), HARM)
def test_verdict(
    workspace: Workspace, harm: Callable[[Path], None], verdict: str, reason: str, detail: str
) -> None:
    harm(workspace.media / "things" / "chair.png")
    built = lenient(workspace).build()
    last = verdicts_on(workspace, "things/chair.png")[-1]
    assert (last["verdict"], last["reason"]) == (verdict, reason)
    assert detail in last["detail"]
    assert str(workspace.root) not in last["detail"]
    assert built.facts.pairs.read.value == 10
    pairs, _, _ = workspace.tables()
    status = pairs.filter(pl.col("row") == "things/chair.png")["status"]
    assert status.to_list() == [{"drop": "dropped"}.get(verdict, verdict)]


def test_half_a_sound_is_found_at_decoding(workspace: Workspace) -> None:
    truncated(workspace.media / "birds" / "duck.wav")
    lenient(workspace).build()
    *_, last = verdicts_on(workspace, "birds/duck.png")
    assert (last["name"], last["verdict"]) == ("decode", "unreadable")
    assert last["detail"].startswith("speech: truncated")


def test_without_a_step_that_looks_inside_all_is_decoded(workspace: Workspace) -> None:
    """What is released was decoded whole, whatever the recipe asks for."""
    truncated(workspace.media / "things" / "lamp.jpg")
    lenient(workspace).having(steps=[]).build()
    *_, last = verdicts_on(workspace, "things/lamp.jpg")
    assert (last["name"], last["verdict"]) == ("decode", "unreadable")


def test_a_table_names_files_that_are_not_there(workspace: Workspace) -> None:
    rows = "file,words\nduck.png,A duck here\nno.png,Nothing there\n../food/apple.png,An apple\n"
    (workspace.media / "birds" / "pairs.csv").write_text(rows)
    table = {"path": "../media/birds/pairs.csv", "image": "file", "caption": "words"}
    workspace = workspace.having(sources=[{"csv": {**table, "max_unreadable": 1.0}}], steps=[])
    assert workspace.build().kept == {"train": 1}
    (missing,), (refused,) = verdicts_on(workspace, "1"), verdicts_on(workspace, "2")
    assert (missing["verdict"], missing["detail"]) == ("unreadable", "image: no such file: no.png")
    assert (refused["verdict"], refused["reason"]) == ("refused", "image refused")


@pytest.mark.parametrize(
    ("harm", "share", "code"),
    [(truncated, 0.1, 0), (truncated, 0.05, 3), (linked_out, 0.1, 0), (linked_out, 0.05, 3)],
)
def test_too_much_ends_the_build(
    workspace: Workspace, harm: Callable[[Path], None], share: float, code: int
) -> None:
    harm(workspace.media / "things" / "chair.png")
    said = curate("build", lenient(workspace, max_unreadable=share).path, "--json")
    assert said.code == code
    if code:
        error = said.document["error"]
        assert error["exit_code"] == 3
        assert "1 of 10 rows of source 'folder'" in error["message"]
        assert "things/chair.png: image: " in error["message"]
        assert f"max_unreadable is {share:.1%}" in said.err
        assert not workspace.release.exists()


def test_one_percent_unless_said_otherwise(workspace: Workspace) -> None:
    truncated(workspace.media / "things" / "chair.png")
    said = curate("build", workspace.path)
    assert said.code == 3
    assert "max_unreadable is 1.0%" in said.err


def test_equal_rows_that_cannot_be_read_count_each(workspace: Workspace) -> None:
    """A broken file that a table names often is one pair, and as many rows lost."""
    path = workspace.media / "birds" / "duck.png"
    truncated(path)
    rows = ["file,words", *(["duck.png,A duck"] * 3), "owl.webp,An owl"]
    (path.parent / "pairs.csv").write_text("\n".join(rows))
    table = {"path": "../media/birds/pairs.csv", "image": "file", "caption": "words"}
    source = {"csv": {**table, "max_unreadable": 0.5}}
    said = curate("build", workspace.having(sources=[source], steps=[]).path)
    assert said.code == 3
    assert "3 of 4 rows" in said.err


def test_nothing_is_left(workspace: Workspace) -> None:
    filters = [{"filter": {"image.min_side": 64}}, {"filter": {"caption.words": {"min": 99}}}]
    said = curate("build", workspace.having(steps=filters).path)
    assert said.code == 3
    assert "no pair is left to release" in said.err
    assert "9 by 'filter caption.words' (caption.words below minimum)" in said.err
    assert not workspace.release.parent.exists()


def test_pattern_that_matches_nothing(workspace: Workspace) -> None:
    said = curate("build", lenient(workspace, image="birds/big/*.tiff").path)
    assert said.code == 3
    assert "image matches nothing in the folder '../media'" in said.err
    assert "birds/big/*.tiff" in said.err
    assert "'birds'" in said.err


def test_file_changes_while_it_is_measured(workspace: Workspace) -> None:
    """Its hash is remembered by size and time: a file altered behind that is noticed."""
    workspace.build()
    path = workspace.media / "things" / "chair.png"
    size = path.stat().st_size
    data = path.read_bytes()[: size - 30]
    photo(99).save(path)
    path.write_bytes(data + bytes(30))
    age(workspace.media)
    assert path.stat().st_size == size
    assert os.stat(path).st_mtime == 1_600_000_000
    steps = [{"filter": {"image.sharpness": 0.0}}]
    said = curate("build", workspace.having(steps=steps, version="2.0.0").path)
    assert said.code == 3
    assert "changed while it was being measured" in said.err
