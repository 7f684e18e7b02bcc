"""States of a workspace in which faults are tried."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.faults.harness import Scenario, Server, serving
from tests.forget.test_forget import holding, names_of, pair
from tests.workspace import FIELDS, FOLDER, STEPS, Workspace

BUILD = ("build", "{root}/recipes/ten.yaml", "--workers", "1", "--json")
OTHER = [{"filter": {"caption.words": {"min": 4}}}, *STEPS[1:]]
MANY = 20
"""Fragments of a measure; sixteen are put together."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, media: Path) -> Iterator[Server]:
    """One that has imported all that a build needs."""
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler")
    folder = tmp_path_factory.mktemp("server")
    with serving(folder) as started:
        place = ten(folder / "warm", media)
        ended = started.run(place.root, ["build", place.path], imports=True)
        assert ended.status == 0, ended.crash
        yield started


def ten(folder: Path, media: Path) -> Workspace:
    root = folder / "workspace"
    shutil.copytree(media, root / "media")
    return Workspace(root).having(
        name="ten", version="1.0.0", fields=FIELDS, sources=[{"folder": FOLDER}], steps=STEPS
    )


@pytest.fixture(scope="session")
def first(server: Server, tmp_path_factory: pytest.TempPathFactory, media: Path) -> Scenario:
    """Nothing was built yet."""
    return Scenario(ten(tmp_path_factory.mktemp("first"), media), BUILD, server)


@pytest.fixture(scope="session")
def draft(server: Server, tmp_path_factory: pytest.TempPathFactory, media: Path) -> Scenario:
    """A draft stands, and another takes its place."""
    place = ten(tmp_path_factory.mktemp("draft"), media).having(version="draft")
    place.build()
    return Scenario(place.having(steps=OTHER), BUILD, server)


@pytest.fixture(scope="session")
def scattered(server: Server, tmp_path_factory: pytest.TempPathFactory, media: Path) -> Scenario:
    """The store has many small fragments, which are put together."""
    place = ten(tmp_path_factory.mktemp("scattered"), media)
    place.build()
    (path,) = (place.store / "values").glob("image.probe-*/*.parquet")
    for number in range(MANY):
        shutil.copy(path, path.with_name(f"{number:016x}.parquet"))
    shutil.rmtree(place.release)
    return Scenario(place, BUILD, server)


@pytest.fixture(scope="session")
def forgetting(server: Server, tmp_path_factory: pytest.TempPathFactory, media: Path) -> Scenario:
    """A pair that a release holds is forgotten."""
    place = ten(tmp_path_factory.mktemp("forgetting"), media)
    place.build()
    owl = pair(place, "birds/owl.webp")
    command = ("forget", "--ids", str(owl["pair_id"]), "--workspace", "{root}", "--json")

    def gone(root: Path) -> None:
        assert holding(root, names_of(owl)) == []
        left = pl.read_parquet(root / "releases/ten/1.0.1/pairs.parquet")
        assert left.height == 9

    later = Workspace(place.root, {**place.recipe, "version": "1.0.1"})
    return Scenario(later, command, server, keeps_store=False, check=gone)
