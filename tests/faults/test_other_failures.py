"""Failures of a machine that are no single call: a full disk, a disk that is read-only, a hand on Ctrl-C,
several processes at once.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from curate.release.verify import problems
from tests.forget.test_forget import holding, names_of, pair
from tests.workspace import STEPS, Said, Workspace, curate, started

_STOPPED = "stopped; what was measured stays measured, and nothing was published"


def mounted(folder: Path, size: str) -> bool:
    """Whether a small file system in memory could be put there."""
    folder.mkdir(exist_ok=True)
    tool = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    return (
        tool is not None
        and subprocess.run([tool, *options], capture_output=True, check=False).returncode == 0
    )


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    if not mounted(folder, "2m"):
        pytest.skip("needs the right to mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def remounted(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)


def fill(folder: Path, but: int) -> Path:
    """Take all room of a disk but so many bytes."""
    free = shutil.disk_usage(folder).free
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(max(0, free - but)))
    return ballast


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
