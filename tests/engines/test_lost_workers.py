"""A cluster of two nodes loses processes in the middle of a build: nothing is doubled, torn or lost."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.engines.cluster import quiet_ray
from curate.run.build import Built
from tests.engines.conftest import needs_ray
from tests.workspace import Workspace, age, photo, started

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), needs_ray]

MANY = 96
MEASURE = "image.sharpness"
NODE = {"num_cpus": 1, "object_store_memory": 150_000_000}


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Two nodes on this machine, each with a worker; it says nothing to anybody."""
    quiet_ray()
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    nodes.add_node(**NODE)
    try:
        yield nodes
    finally:
        nodes.shutdown()


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("album")
    (root / "media").mkdir()
    for number in range(MANY):
        photo(number, 1200, 900).save(root / "media" / f"{number}.jpg")
        (root / "media" / f"{number}.txt").write_text(f"Photograph number {number}.\n")
    age(root / "media")
    return Workspace(root).having(
        name="album",
        version="1.0.0",
        fields={"image": {"type": "image"}, "caption": {"type": "text"}},
        sources=[{"folder": {"path": "../media", "image": "*.jpg", "caption": "{stem}.txt"}}],
        steps=[{"filter": {MEASURE: 0.0}}, {"split": {"train": 0.5, "test": 0.5}}],
    )


@pytest.fixture(scope="module")
def undisturbed(album: Workspace) -> Built:
    """The local engine's release, which stands: a build that differs could not publish."""
    return album.build(store=album.root / "local")


def building(album: Workspace, cluster: Any, store: Path) -> subprocess.Popen[str]:
    command = ("build", album.path, "--engine", "ray", "--address", cluster.address)
    environment = {**os.environ, "CURATE_STORE": str(store)}
    return started(*command, "--batch-size", "1", env=environment, cwd=album.root)


def stored(store: Path) -> pl.Series:
    """All keys that stand in the store, those that stand there twice twice."""
    paths = store.glob(f"values/{MEASURE}-*/*.parquet")
    return pl.concat([pl.Series("key", [], pl.String), *map(_keys, paths)])


def _keys(path: Path) -> pl.Series:
    return pl.read_parquet(path, columns=["key"])["key"]


def until(found: Callable[[], Any], process: subprocess.Popen[str]) -> Any:
    while not (something := found()):
        assert process.poll() is None, "the build has ended already"
        time.sleep(0.002)
    return something


def busy(cluster: Any) -> list[int]:
    """Worker processes that measure at this moment."""
    nodes = [node.all_processes["raylet"][0].process.pid for node in cluster.list_all_nodes()]
    children = [pid for node in nodes for pid in _children(node)]
    return [pid for pid in children if _title(pid).startswith("ray::MapBatches(")]


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _title(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def lose_workers(cluster: Any, process: subprocess.Popen[str]) -> None:
    for _ in range(2):
        os.kill(until(lambda: busy(cluster), process)[0], signal.SIGKILL)


def lose_node(cluster: Any, process: subprocess.Popen[str]) -> None:
    until(lambda: busy(cluster), process)
    cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)


@pytest.mark.parametrize("lose", [lose_workers, lose_node])
def test_lost_in_the_middle(
    album: Workspace,
    undisturbed: Built,
    cluster: Any,
    tmp_path: Path,
    lose: Callable[[Any, subprocess.Popen[str]], None],
) -> None:
    process = building(album, cluster, tmp_path)
    until(lambda: stored(tmp_path).len(), process)
    lose(cluster, process)
    _, said = process.communicate()
    assert process.returncode == 0, said
    assert stored(tmp_path).len() == stored(tmp_path).n_unique() == MANY
    again = album.build(store=tmp_path)
    assert again.digest == undisturbed.digest
    assert again.usage.computed == 0


def test_driver_lost(album: Workspace, undisturbed: Built, cluster: Any, tmp_path: Path) -> None:
    process = building(album, cluster, tmp_path)
    until(lambda: stored(tmp_path).len(), process)
    process.kill()
    process.communicate()
    kept = stored(tmp_path).n_unique()
    again = album.build(store=tmp_path, engine="ray", address=cluster.address)
    assert again.digest == undisturbed.digest
    assert 0 < again.usage.measures[MEASURE].computed <= MANY - kept
    assert stored(tmp_path).n_unique() == MANY
