"""Values on their way: a folder, what fsspec knows, and an object store that a real server keeps."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from curate.engines.engine import Batch, Task
from curate.errors import StoreError
from curate.measures.image import IMAGE_SHARPNESS
from curate.run.keeping import StoreKeeper
from curate.store.depot import Depot
from curate.store.forgotten import Forgotten
from curate.store.store import MeasureStore
from tests.engines.conftest import needs_ray
from tests.workspace import Workspace

needs_server = pytest.mark.skipif(
    shutil.which("moto_server") is None,
    reason="needs moto_server on the PATH; moto may live in an environment of its own",
)
PLACES = ["folder", "memory", pytest.param("s3", marks=needs_server)]


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """A bucket of an S3-compatible server that runs for these tests."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        ["moto_server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _make_bucket(f"http://127.0.0.1:{port}/depot")
        endpoint = f"endpoint_override=127.0.0.1:{port}&scheme=http&region=us-east-1"
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("AWS_ACCESS_KEY_ID", "somebody")
            environment.setenv("AWS_SECRET_ACCESS_KEY", "nothing secret")
            yield f"s3://depot/values?{endpoint}"
    finally:
        server.kill()
        server.wait()


def _make_bucket(url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(urllib.request.Request(url, method="PUT")).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server does not answer")


@pytest.fixture(params=PLACES)
def depot(request: pytest.FixtureRequest, tmp_path: Path) -> Depot:
    if request.param == "s3":
        return Depot.at(request.getfixturevalue("bucket"))
    return Depot.at("memory://depot" if request.param == "memory" else str(tmp_path / "depot"))


@pytest.fixture
def keeper(depot: Depot, tmp_path: Path) -> StoreKeeper:
    store = MeasureStore(tmp_path / "store")
    with store.opened():
        shelf = store.shelf(IMAGE_SHARPNESS, {})
        return StoreKeeper(IMAGE_SHARPNESS, shelf, store.blobs, depot)


def sharp(*keys: str) -> pl.DataFrame:
    schema = {"key": pl.String, "error": pl.String, **IMAGE_SHARPNESS.returns}
    rows = {"key": list(keys), "error": None, "sharpness": [float(n) for n in range(len(keys))]}
    return pl.DataFrame(rows, schema=schema)


def test_left_and_settled_once(keeper: StoreKeeper, depot: Depot) -> None:
    shelf = keeper.shelf.folder.name
    for _ in range(2):
        keeper.keep(sharp("a", "b"), 2.0, "one")
    assert depot.names(shelf) == ["one"]
    found = keeper.find("one")
    assert found is not None
    assert found.seconds == 2.0
    assert found.values.equals(sharp("a", "b"))
    assert not keeper.shelf.keys().len()
    batch = Batch(Task(IMAGE_SHARPNESS, {}, frozenset("ab")), found.values, 2.0, "one")
    for _ in range(2):
        assert keeper.settle(batch).equals(sharp("a", "b"))
    assert depot.names(shelf) == []
    assert keeper.find("one") is None
    assert (keeper.shelf.cost().values, keeper.shelf.cost().seconds) == (2, 2.0)


def test_what_a_killed_build_left(keeper: StoreKeeper, depot: Depot) -> None:
    keeper.keep(sharp("a", "b"), 1.0, "whole")
    keeper.keep(sharp("c"), 1.0, "torn")
    place = f"{keeper.shelf.folder.name}/torn.parquet"
    data = depot._get(place)
    assert data is not None
    depot._put(place, data[:-20])
    keeper.collect(_forgetting("b"))
    assert keeper.shelf.keys().to_list() == ["a"]
    assert depot.names(keeper.shelf.folder.name) == []


def _forgetting(name: str) -> Forgotten:
    nobody = Forgotten(b"0" * 32)
    return nobody.also([nobody.mark("content", name)])


def test_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file/depot cannot be used"):
        Depot.at(str(tmp_path / "file" / "depot")).put_blob("a", b"")
    with pytest.raises(StoreError, match="the depot nothing://at-all cannot be used"):
        Depot("nothing://at-all").names("shelf")


@needs_ray
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("depot", ["folder", PLACES[-1]], indirect=True)
def test_a_build_through_it(workspace: Workspace, depot: Depot, tmp_path: Path) -> None:
    local = workspace.build(store=tmp_path / "local")
    store = tmp_path / "elsewhere"
    built = workspace.build(store=store, engine="ray", workers=2, depot=depot.url)
    assert built.digest == local.digest
    assert built.usage.computed == local.usage.computed
    assert workspace.build(store=store).usage.computed == 0
    assert all(not depot.names(folder.name) for folder in (store / "values").iterdir())


@pytest.mark.parametrize(
    "url",
    [
        "s3://{key}@depot/[values?region=us-east-1",
        "s3://{key}@depot:bad/values",
        "ftp://{key}@127.0.0.1:1/values",
        "nothing://{key}@depot/values?token=planted-token-9e8d",
        "s3://depot/values?secret_key=planted%2Ftoken-9e8d&no_such_option=1",
    ],
)
def test_credentials_in_a_url_are_told_to_nobody(url: str) -> None:
    depot = Depot.at(url.format(key="planted-name-1a2b:planted%2Fpass-3c4d"))
    assert "planted" not in repr(depot)
    with pytest.raises(StoreError) as raised:
        depot.names("shelf")
    told = f"{raised.value.message} {raised.value.hint}"
    assert "planted" not in told, told
    assert "depot" in told
