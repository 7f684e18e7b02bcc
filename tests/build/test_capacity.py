"""A build that has no room says so before it measures, in words that say how much and where."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from curate.errors import CurateError, StoreError
from curate.run.machine import disk_free, machine, memory_free
from curate.store.store import MeasureStore
from tests.disk import fill
from tests.workspace import Workspace, curate

MEGA = 1_000_000


def measured(store: Path) -> int:
    return int(MeasureStore(store).contents()["values"].sum())


def remembering(built: Workspace, place: Workspace) -> None:
    """Take along what an earlier build took, but no value."""
    shutil.copytree(built.store / "speeds", place.store / "speeds")


def test_no_room_for_the_release(workspace: Workspace, disk: Path) -> None:
    """It is known what stays: nothing is measured in vain."""
    workspace.build()
    place = workspace.copied(disk / "w")
    remembering(workspace, place)
    ballast = fill(disk, 60_000)
    said = curate("build", place.path)
    assert said.code == 1
    assert "kB are to be written below " in said.err
    assert "free" in said.err
    assert "hint: make room, or set CURATE_STORE to a folder on another disk" in said.err
    assert measured(place.store) == 0
    ballast.unlink()
    assert curate("build", place.path).code == 0


def test_perhaps_no_room(workspace: Workspace, disk: Path) -> None:
    """Where no build has shown what stays, it is told and tried."""
    place = workspace.having(steps=[*workspace.recipe["steps"], {"select": {"size": 1}}])
    place = place.copied(disk / "w")
    fill(disk, 60_000)
    said = curate("build", place.path, "--json")
    assert "warning: up to " in said.err
    assert measured(place.store) > 0


def test_room_for_a_release_of_what_is_measured(workspace: Workspace, disk: Path) -> None:
    """Also where nothing is to be measured any more."""
    workspace.build()
    place = workspace.copied(disk / "w")
    ballast = fill(disk, 40_000)
    with pytest.raises(StoreError, match="are to be written below"):
        place.build(store=workspace.store)
    ballast.unlink()
    assert place.build(store=workspace.store).published


def test_memory_for_what_is_decoded(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.run.capacity.memory_free", lambda: 50_000)
    said = curate("build", workspace.path)
    assert said.code == 1
    assert "image.decode may hold " in said.err
    assert "of memory, and 50 kB are free" in said.err
    assert "hint: try a smaller --batch-size, or fewer --workers" in said.err
    assert curate("build", workspace.path, "--batch-size", "1", "--workers", "1").code == 0


def test_memory_for_models(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    align = {"align": {"score": ["image", "caption"]}}
    pytest.importorskip("onnxruntime")
    more = workspace.having(steps=[*workspace.recipe["steps"], align])
    monkeypatch.setattr("curate.run.capacity.memory_free", lambda: 10 * MEGA)
    with pytest.raises(CurateError, match=r"models take \d+ MB of memory, and 10 MB are free"):
        more.build()
    assert measured(more.store) == 0


def tell(group: Path, **memory: str) -> None:
    for name, said in memory.items():
        (group / f"memory.{name}").write_text(f"{said}\n")


def test_what_the_machine_leaves(tmp_path: Path) -> None:
    """The least of what the system and the groups leave; caches can be given back."""
    assert memory_free(tmp_path) is None
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:  8000 kB\n")
    assert memory_free(tmp_path) == 8000 * 1024
    (tmp_path / "proc/self/cgroup").write_text("0::/user/build\n")
    group = tmp_path / "sys/fs/cgroup/user"
    group.mkdir(parents=True)
    tell(group, max="5000000", current="3000000", stat="anon 7\ninactive_file 1000000")
    assert memory_free(tmp_path) == 3 * MEGA
    (group / "memory.max").write_text("max\n")
    assert memory_free(tmp_path) == 8000 * 1024


def test_older_groups(tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("3:cpu:/\n4:memory:/docker/1\n1:name=systemd:/\n")
    group = tmp_path / "sys/fs/cgroup/memory/docker/1"
    group.mkdir(parents=True)
    stat = "total_inactive_file 500000"
    tell(group, limit_in_bytes="5000000", usage_in_bytes="3000000", stat=stat)
    assert memory_free(tmp_path) == 2.5 * MEGA


def test_this_machine(tmp_path: Path) -> None:
    assert (memory_free() or MEGA) >= MEGA
    assert disk_free(tmp_path / "not" / "there") == shutil.disk_usage(tmp_path).free
    assert machine("local", 2) == machine("local", 2)
    assert len({machine("local", 2), machine("local", 3), machine("ray", 2)}) == 3
