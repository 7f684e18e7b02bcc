"""A build may end at any moment: what is visible is whole, what was measured stays measured."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curate.recipe.extras import is_installed
from curate.release.verify import problems
from tests.workspace import Workspace, age, curate, photo, started

MANY = 40
STEPS: list[dict[str, Any]] = [
    {"filter": {"image.min_side": 64, "image.sharpness": 0.0}},
    {"dedup": {"near": "image"}},
    {"split": {"train": 0.5, "test": 0.5}},
]
SOURCE = {"path": "../media", "image": "*.jpg", "caption": "{stem}.txt"}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos") / "media"
    folder.mkdir()
    for number in range(MANY):
        photo(number, 480, 360).save(folder / f"{number}.jpg")
        (folder / f"{number}.txt").write_text(f"Photograph number {number}.\n")
    age(folder)
    return folder


@pytest.fixture
def album(tmp_path: Path, photos: Path) -> Workspace:
    """Enough photographs for a build to take a moment."""
    root = tmp_path / "album"
    root.mkdir()
    (root / "media").symlink_to(photos)
    return Workspace(root).having(
        name="album",
        version="1.0.0",
        fields={"image": {"type": "image"}, "caption": {"type": "text"}},
        sources=[{"folder": SOURCE}],
        steps=STEPS,
    )


def visible(workspace: Workspace) -> list[Path]:
    home = workspace.release.parent
    return [path for path in home.glob("*") if not path.name.startswith(".")]


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    """Read what a build says until it says these words, or has ended."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return


def kill_at(workspace: Workspace, process: subprocess.Popen[str], moment: float) -> None:
    """Look at what is visible until the moment has come, then end the process unasked."""
    while process.poll() is None and time.monotonic() < moment:
        for release in visible(workspace):
            assert problems(release) == []
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    "words", ["read:", "measuring image.decode", "dedup near image:", "split test train:"]
)
def test_kill(album: Workspace, tmp_path: Path, words: str) -> None:
    undisturbed = album.build(store=tmp_path / "undisturbed")
    (tmp_path / "aside").mkdir()
    undisturbed.path.rename(tmp_path / "aside" / "release")
    process = started("build", album.path)
    wait_for(process, words)
    kill_at(album, process, time.monotonic() + random.uniform(0, 0.3))
    assert all(problems(release) == [] for release in visible(album))
    again = album.build()
    assert again.digest == undisturbed.digest
    assert problems(again.path) == []
    assert [path.name for path in visible(album)] == ["1.0.0"]
    if again.published:
        assert not list(album.release.parent.glob(".staging-*"))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(
    not (is_installed("openmoji") and is_installed("embedded")),
    reason="needs the extras 'openmoji' and 'embedded'",
)
def test_kill_at_ten_moments(openmoji: Workspace, tmp_path: Path) -> None:
    start = time.monotonic()
    process = started("build", openmoji.path, "--limit", "200", env=_store(tmp_path / "first"))
    process.communicate()
    lasted = time.monotonic() - start
    draft = openmoji.release.parent / "draft"
    digest = curate("verify", draft, "--json").document["digest"]
    for number in range(10):
        draft.rename(tmp_path / f"aside-{number}")
        command = ("build", openmoji.path, "--limit", "200")
        process = started(*command, env=_store(tmp_path / f"store-{number}"))
        moment = time.monotonic() + random.uniform(0.05, 1) * lasted
        kill_at(openmoji, process, moment)
        again = started(*command, env=_store(tmp_path / f"store-{number}"))
        again.communicate()
        assert again.returncode == 0
        assert problems(draft) == []
        assert curate("verify", draft, "--json").document["digest"] == digest


def _store(place: Path) -> dict[str, str]:
    return {**os.environ, "CURATE_STORE": str(place)}


def test_interrupt(album: Workspace) -> None:
    process = started("build", album.path, "--workers", "1", "--batch-size", "1")
    wait_for(process, "measuring image.sketch")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 1
    assert out == ""
    told = "stopped; what was measured stays measured, and nothing was published"
    assert err.rstrip().splitlines()[-1] == told
    assert "Traceback" not in err
    assert visible(album) == []
    again = album.build()
    assert again.usage.measures["image.decode"].computed == 0
    assert again.usage.measures["image.probe"].reused == MANY


@pytest.mark.parametrize("most", [500, 5_000, 200_000])
def test_no_room(album: Workspace, most: int) -> None:
    """As on a full disk: files that grow beyond a bound cannot be written."""

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    process = started("build", album.path, "--json", preexec_fn=bounded)
    out, err = process.communicate()
    assert process.returncode == 1
    assert json.loads(out)["error"]["exit_code"] == 1
    assert "Traceback" not in err
    assert "error: " in err
    assert visible(album) == []
    assert not list(album.release.parent.glob(".staging-*"))
    again = album.build()
    assert again.published
    assert problems(again.path) == []
    assert not list((album.store).glob("**/.*.tmp"))


def test_two_builds_at_once(album: Workspace) -> None:
    """Both end well and say the same; one of them has published."""
    processes = [started("build", album.path, "--json") for _ in range(2)]
    for _ in _while_running(processes):
        assert all(problems(release) == [] for release in visible(album))
    said = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    documents = [json.loads(out) for out, _ in said]
    assert documents[0]["digest"] == documents[1]["digest"]
    assert sorted(document["published"] for document in documents) == [False, True]
    assert problems(album.release) == []
    assert album.build().usage.computed == 0


def test_two_recipes_at_once(album: Workspace, tmp_path: Path) -> None:
    """They share the store, and what both publish is as if each had been alone."""
    albums = [album.having(name=name, seed=7) for name in ("one", "two")]
    alone = [each.build(store=tmp_path / "alone").digest for each in albums]
    for each in albums:
        each.release.rename(tmp_path / each.recipe["name"])
    processes = [started("build", each.path) for each in albums]
    assert [process.wait() for process in processes if process.communicate()] == [0, 0]
    assert [each.build().digest for each in albums] == alone


def _while_running(processes: list[subprocess.Popen[str]]) -> Iterator[None]:
    while any(process.poll() is None for process in processes):
        yield
        time.sleep(0.01)


def test_store_in_use_is_not_pruned(album: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    process = started("build", album.path, "--workers", "1", "--batch-size", "1")
    wait_for(process, "measuring image.decode")
    monkeypatch.chdir(album.root)
    said = curate("store", "prune", "--unused-for", "0")
    assert said.code == 1
    assert "in use by another build" in said.err
    process.communicate()
    assert process.returncode == 0
