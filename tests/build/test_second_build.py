"""What is measured once is not measured again: numbers that a second build must show."""

from __future__ import annotations

import json
from typing import Any

import pytest

from curate.run.build import Built
from tests.conftest import Finished
from tests.workspace import STEPS, Workspace, age, curate, photo


def computed(built: Built) -> dict[str, int]:
    """Measures that computed anything, files' hashes included."""
    spent = {**built.usage.measures, "files": built.usage.files}
    return {name: each.computed for name, each in spent.items() if each.computed}


def bounds(words: int, side: int = 48) -> list[dict[str, Any]]:
    return [{"filter": {"image.min_side": side, "caption.words": {"min": words}}}, *STEPS[1:]]


@pytest.fixture
def draft(workspace: Workspace) -> Workspace:
    return workspace.having(version="draft")


def test_identical(workspace: Workspace) -> None:
    first = workspace.build()
    before = sorted((p, p.stat().st_mtime_ns) for p in first.path.rglob("*"))
    second = workspace.build()
    assert first.published
    assert not second.published
    assert computed(first)["files"] == 15
    assert computed(second) == {}
    assert second.usage.computed == 0
    assert second.digest == first.digest
    assert sorted((p, p.stat().st_mtime_ns) for p in second.path.rglob("*")) == before


def test_identical_says_so(workspace: Workspace) -> None:
    assert "published" in curate("build", workspace.path).out
    said = curate("build", workspace.path)
    assert said.code == 0
    assert "already published, and this build is equal to it" in said.out


def test_tightening_computes_nothing(draft: Workspace) -> None:
    draft.having(steps=bounds(words=2)).build()
    tightened = draft.having(steps=bounds(words=4)).build()
    assert computed(tightened) == {}
    assert sum(tightened.kept.values()) < 7


def test_loosening_computes_later_measures_of_what_comes_in(draft: Workspace) -> None:
    draft.having(steps=bounds(words=2)).build()
    loosened = draft.having(steps=bounds(words=1, side=16)).build()
    later = dict.fromkeys(("image.decode", "image.sketch", "image.thumbnail"), 2)
    assert computed(loosened) == {**later, "text.counts": 1}
    assert sum(loosened.kept.values()) == 9


def test_a_new_step_computes_only_its_own(draft: Workspace) -> None:
    draft.build()
    more = draft.having(steps=[*STEPS, {"filter": {"image.sharpness": 1}}]).build()
    assert computed(more) == {"image.sharpness": 7}


def test_a_row_more_computes_its_values_only(draft: Workspace) -> None:
    draft.build()
    photo(77).save(draft.media / "things" / "clock.png")
    (draft.media / "things" / "clock.txt").write_text("A clock.\n")
    age(draft.media)
    built = draft.build()
    every = (
        "files",
        "image.probe",
        "text.counts",
        "image.decode",
        "image.sketch",
        "image.thumbnail",
    )
    assert computed(built) == dict.fromkeys(every, 1)


def test_moved_media_are_hashed_and_nothing_more(draft: Workspace) -> None:
    """Values belong to contents, not to names."""
    draft.build()
    (draft.media / "things").rename(draft.media / "objects")
    assert computed(draft.build()) == {"files": 4}


def test_recipes_of_a_workspace_share_the_store(workspace: Workspace) -> None:
    workspace.build()
    assert computed(workspace.having(name="other").build()) == {}


def test_two_settings_of_one_measure_are_two(draft: Workspace) -> None:
    """Both are measured, both are counted, and the lock names both."""
    near = [{"dedup": {"near": "caption", "minhash": {"ngram": n}}} for n in (3, 5)]
    draft = draft.having(steps=near)
    first, second = draft.build(), draft.build()
    assert computed(first)["text.minhash"] == 20
    assert computed(second) == {}
    assert all(spent.reused >= 0 for spent in first.usage.measures.values())
    assert second.usage.measures["text.minhash"].reused == 20
    lock = (draft.release / "recipe.lock.yaml").read_text()
    assert lock.count("name: text.minhash") == 2


def test_json_is_one_document(finished: Finished) -> None:
    said = curate("build", finished.workspace.path, "--json")
    assert said.code == 0
    found = said.document
    assert said.err
    assert found["published"] is False
    assert found["digest"] == finished.built.digest
    assert found["pairs"]["read"] == 10
    assert sum(found["pairs"]["kept"].values()) == 7
    assert found["computed"] == 0
    for each in (*found["measures"].values(), *found["fits"].values()):
        assert set(each) == {"computed", "reused", "seconds"}
    assert found["measures"]["image.probe"] == {"computed": 0, "reused": 10, "seconds": 0.0}
    assert found["fits"] == {}
    assert [step["pairs"] for step in found["steps"]] == [10, 10, 8, 8, 8, 7]
    assert {"warnings", "seconds", "path"} <= set(found)


def test_json_of_a_failure_is_one_document(workspace: Workspace) -> None:
    broken = workspace.having(steps=[{"dedupe": {"near": "image"}}])
    said = curate("build", broken.path, "--json")
    assert said.code == 2
    error = json.loads(said.out)["error"]
    assert error["kind"] == "RecipeError"
    (complaint,) = error["complaints"]
    assert complaint["suggestion"] == "dedup"
