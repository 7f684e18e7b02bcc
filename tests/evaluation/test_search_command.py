"""Looking for something in a release, by words and by pictures."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import curate as package
from tests.evaluation.conftest import STAMPS
from tests.workspace import Workspace, curate, photo

DUCK = STAMPS / "animals" / "birds" / "duck.png"


def test_words_find_pictures(things: Workspace) -> None:
    said = curate("search", things.release, "a bird on the water", "--json", "--limit", "10")
    assert said.code == 0
    assert sum(row["kind"] == "animals" for row in said.document) >= 7
    scores = [row["score"] for row in said.document]
    assert scores == sorted(scores, reverse=True)


def test_a_picture_finds_itself_and_its_like(things: Workspace) -> None:
    found = package.search(things.release, like=DUCK, limit=5)
    assert isinstance(found, pl.DataFrame)
    assert found["caption"][0] == "A duck."
    assert found["score"][0] == pytest.approx(1.0, abs=1e-3)
    assert (found["kind"] == "animals").sum() >= 4


def test_a_picture_finds_words(things: Workspace) -> None:
    said = curate("search", things.release, "--like", DUCK, "--find", "caption", "--limit", "10")
    assert said.code == 0
    assert sum("animals" in line for line in said.out.splitlines()) >= 6


def test_words_find_words(things: Workspace) -> None:
    found = package.search(things.release, "a duck", find="caption", limit=3)
    assert "duck" in found["caption"][0].lower()


def test_a_release_without_its_store(
    things: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the store no longer holds is measured from the release's own bytes."""
    known = package.search(things.release, "an owl", limit=5)
    monkeypatch.setenv("CURATE_STORE", str(tmp_path / "store"))
    assert package.search(things.release, "an owl", limit=5).equals(known)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "either a text or a file"),
        (["an owl", "--like", str(DUCK)], "either a text or a file"),
        (["an owl", "--find", "kind"], "'kind' is not compared"),
        (["an owl", "--by", "other"], "no embeddings 'other'"),
        (["--like", "nothing.png"], "no such file"),
    ],
)
def test_what_cannot_be_looked_for(things: Workspace, arguments: list[str], told: str) -> None:
    said = curate("search", things.release, *arguments)
    assert said.code in (1, 2, 3)
    assert told in said.err


def test_what_is_no_release(tmp_path: Path) -> None:
    photo(1).save(tmp_path / "photo.png")
    said = curate("search", tmp_path, "--like", tmp_path / "photo.png")
    assert said.code == 1
    assert "is no release" in said.err
