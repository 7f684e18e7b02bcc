"""Failures of a machine that are no single call: a full disk, a disk that is read-only, a hand on Ctrl-C,
several processes at once.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from curate.release.verify import problems
from tests.conftest import Finished
from tests.disk import fill, remounted
from tests.faults.harness import FAULTS, Server, left_over
from tests.forget.test_forget import holding, names_of, pair
from tests.workspace import STEPS, Said, Workspace, curate, started

YEAR = 365 * 86_400
_STOPPED = "stopped; what was measured stays measured, and nothing was published"


@pytest.mark.parametrize("room", [0, 40_000, 200_000, 500_000])
def test_a_full_disk(workspace: Workspace, disk: Path, room: int) -> None:
    digest = workspace.build().digest
    place = workspace.copied(disk / "w")
    ballast = fill(disk, room)
    said = curate("build", place.path)
    assert_refused(said, place)
    ballast.unlink()
    again = place.build()
    assert again.digest == digest
    assert problems(again.path) == []
    assert not list(disk.rglob(".*.tmp"))
    assert not list(disk.rglob(".staging-*"))


def test_what_killed_builds_have_left_goes_though_nothing_new_is_published(
    workspace: Workspace,
) -> None:
    """One was killed while the draft before went out of the place that it had taken."""
    draft = workspace.having(version="draft")
    draft.build()
    left = draft.release.with_name(".staging-0123456789ab")
    shutil.copytree(draft.release, left)
    assert not draft.build().published
    assert not left.exists()


def assert_refused(said: Said, place: Workspace) -> None:
    assert said.code == 1
    assert "Traceback" not in said.err
    assert "error: " in said.err
    assert not place.release.exists()


def test_commands_on_a_disk_that_is_read_only(
    workspace: Workspace, disk: Path, tmp_path: Path
) -> None:
    """Those that only look do their work; those that would write say why they cannot."""
    place = workspace.copied(disk / "w")
    release = place.build().path
    owl = str(pair(place, "birds/owl.webp")["pair_id"])
    remounted(disk, "ro")
    looking: list[list[str | Path]] = [
        ["verify", release],
        ["explain", release, owl],
        ["audit", release],
        ["diff", release, release],
        ["export", release, "--to", "jsonl", "--out", tmp_path / "out"],
    ]
    for words in looking:
        assert curate(*words).code == 0, words
    writing: list[list[str | Path]] = [
        ["build", place.path],
        ["plan", place.path],
        ["probe", place.path],
        ["forget", "--ids", owl, "--workspace", place.root],
        ["init", disk / "new"],
    ]
    for words in writing:
        said = curate(*words)
        assert said.code == 1, words
        assert "error: the file system is read-only" in said.err, said.err
    remounted(disk, "rw")


def test_a_disk_that_is_read_only(workspace: Workspace, disk: Path) -> None:
    place = workspace.copied(disk / "w")
    remounted(disk, "ro")
    said = curate("build", place.path)
    assert_refused(said, place)
    assert "read-only" in said.err.lower()
    remounted(disk, "rw")
    built = place.build()
    remounted(disk, "ro")
    assert curate("verify", built.path).code == 0
    assert curate("explain", built.path, "--json").code in {0, 1}
    remounted(disk, "rw")


@pytest.mark.parametrize("seed", [1, 2, pytest.param(3, marks=pytest.mark.slow)])
def test_ctrl_c_at_any_moment(workspace: Workspace, tmp_path: Path, seed: int) -> None:
    """Also twice, and while Python still imports."""
    digest = workspace.copied(tmp_path / "in peace").build().digest
    process = started("build", workspace.path)
    chance = random.Random(seed)
    time.sleep(chance.uniform(0.4, 4))
    for _ in range(chance.randint(1, 2)):
        process.send_signal(signal.SIGINT)
        time.sleep(chance.uniform(0, 0.05))
    _, err = process.communicate(timeout=60)
    assert process.returncode in {0, 1, -signal.SIGINT}
    if process.returncode == 1:
        assert _STOPPED in err
    assert workspace.build().digest == digest
    assert problems(workspace.release) == []


def digest_after(server: Server, place: Workspace) -> str:
    """Of the release that stands when it is built once more."""
    build: list[str | Path] = ["build", place.path, "--json"]
    ended = server.run(place.root, build, ["verify", str(place.release)])
    assert [said.code for said in ended.said] == [0, 0], ended
    assert left_over(place.root) == []
    return str(ended.said[0].document["digest"])


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_ctrl_c_at_many_moments(
    workspace: Workspace, server: Server, finished: Finished, seed: int
) -> None:
    """Two of them, or thirty; of a build that has imported everything."""
    digest, chance = finished.built.digest, random.Random(seed)
    for _ in range(2 if seed == 1 else 30):
        shutil.rmtree(workspace.root / "releases", ignore_errors=True)
        shutil.rmtree(workspace.root / ".curate", ignore_errors=True)
        first = chance.uniform(0, 1.5)
        stops = [first, first + chance.uniform(0, 0.1)][: chance.randint(1, 2)]
        ended = server.run(workspace.root, ["build", workspace.path], stops=stops)
        assert ended.status == 0, ended.crash
        (said,) = ended.said
        assert said.code == 0 or _STOPPED in said.err, said.err
        assert digest_after(server, workspace) == digest


@pytest.mark.parametrize(("off", "call"), [(-10 * YEAR, 150), (10 * YEAR, 150)])
def test_a_clock_that_jumps(
    workspace: Workspace, server: Server, finished: Finished, off: int, call: int
) -> None:
    """While it builds, and between two builds; what was measured is used again."""
    digest = finished.built.digest
    build = ["build", str(workspace.path), "--json"]
    ended = server.run(workspace.root, build, clock=(off, call))
    assert ended.said[0].code == 0, ended.said[0].err
    assert ended.said[0].document["digest"] == digest
    assert digest_after(server, workspace) == digest
    again = server.run(workspace.root, build, clock=(-off, 0)).said[0].document
    assert (again["digest"], again["computed"]) == (digest, 0)


def test_values_of_the_future_are_not_old(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Used when the clock was ahead: not to be pruned, and shown as used today."""
    workspace.build()
    for note in workspace.store.glob("values/*/measure.json"):
        os.utime(note, (time.time() + YEAR, time.time() + YEAR))
    monkeypatch.chdir(workspace.root)
    assert "freed 0.00 MB: 0 values" in curate("store", "prune", "--unused-for", "1").out
    assert "used 0 days ago" in curate("store").out


def test_not_enough_memory(workspace: Workspace, server: Server, finished: Finished) -> None:
    """The system gives no more, or kills who asks: the build ends, and the next one ends well."""
    digest = finished.built.digest
    ended = server.run(workspace.root, ["build", workspace.path], memory=16)
    assert ended.status is not None
    assert ended.status or ended.said[0].code
    assert all("error: " in said.err for said in ended.said)
    assert digest_after(server, workspace) == digest


def test_two_builds_of_one_name_at_once(workspace: Workspace, server: Server) -> None:
    """The same version of two recipes: one stands, the other is told so."""
    other = Workspace(workspace.root, workspace.recipe | {"steps": STEPS[1:]})
    path = workspace.path.with_name("other.yaml")
    path.write_text(json.dumps(other.recipe))
    ended = server.run(workspace.root, ["build", workspace.path], ["build", path], together=True)
    (said,) = [said for said in ended.said if said.code]
    assert "is published and this build differs from it" in said.err
    assert problems(workspace.release) == []
    assert left_over(workspace.root) == []


@pytest.mark.parametrize("where", ["releases/other/", ".curate/candidates/other/"])
def test_what_a_killed_build_had_staged_is_forgotten(
    workspace: Workspace, server: Server, where: str
) -> None:
    """Nobody wrote down whose it is, and no release of that name stands."""
    workspace.build()
    gate = {"gates": {"pairs.kept": {"min": 1000}}}
    other = Workspace(workspace.root, workspace.recipe).having(name="other", governance=gate)
    build, owl = ["build", str(other.path)], pair(workspace, "birds/owl.webp")
    points = server.run(workspace.root, build, at=0).points
    shutil.rmtree(workspace.root / ".curate/candidates")
    writes = [n for n, point in enumerate(points, 1) if point.startswith(f"write {where}")]
    early = writes[len(writes) // 3]
    assert server.run(workspace.root, build, at=early, fault=FAULTS[0]).status == -signal.SIGKILL
    assert holding(workspace.root, [owl["caption"]])
    ids = str(owl["pair_id"])
    assert curate("forget", "--ids", ids, "--workspace", workspace.root).code == 0
    assert holding(workspace.root, names_of(owl)) == []
    assert left_over(workspace.root) == []


def test_a_store_of_another_format(workspace: Workspace) -> None:
    workspace.build()
    (workspace.store / "format").write_text("0\n")
    for word in ("build", "plan"):
        said = curate(word, workspace.path)
        assert said.code == 1
        assert "has format 0; this version writes 1" in said.err


def test_a_forgetting_that_another_version_began(workspace: Workspace) -> None:
    workspace.build()
    journal = workspace.root / ".curate/forgetting.json"
    journal.write_text('{"format": 2, "marks": []}')
    said = curate("forget", "--workspace", workspace.root)
    assert said.code == 1
    assert "another version of curate wrote it" in said.err
    assert journal.exists()


def test_two_builds_and_a_forgetting_at_once(workspace: Workspace) -> None:
    """Each ends well or is told to wait; afterwards nothing of the pair is there, and all is sound."""
    workspace.build()
    owl = pair(workspace, "birds/owl.webp")
    steps = [{"filter": {"caption.words": {"min": 3}}}, *STEPS[1:]]
    other = workspace.having(name="other", steps=steps)
    forget = ("forget", "--ids", str(owl["pair_id"]), "--workspace", workspace.root)
    processes = [
        started("build", other.path),
        started(*forget),
        started("build", workspace.path),
    ]
    said = [process.communicate(timeout=120) for process in processes]
    for process, (_, err) in zip(processes, said, strict=True):
        assert process.returncode in {0, 1}
        assert "Traceback" not in err
        assert process.returncode == 0 or "error: " in err
    assert curate(*forget).code == 0
    assert holding(workspace.root, names_of(owl)) == []
    for manifest in workspace.root.glob("releases/*/*/manifest.json"):
        assert problems(manifest.parent) == []
    assert not list(workspace.root.rglob(".staging-*"))
