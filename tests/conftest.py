"""Workspaces to build in: each test's own, and one that is built once and only read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from curate.run.build import Built
from tests.disk import mounted, unmounted
from tests.workspace import FIELDS, FOLDER, STEPS, Workspace, write_media

if TYPE_CHECKING:
    from tests.faults.harness import Server

settings.register_profile("curate", deadline=None)  # machines are shared
settings.load_profile("curate")

RECIPES = Path(__file__).parents[1] / "recipes"


@dataclass(frozen=True)
class Finished:
    """A workspace with its release; for reading only."""

    workspace: Workspace
    built: Built

    @property
    def release(self) -> Path:
        return self.workspace.release


@pytest.fixture(autouse=True)
def _own_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores lie in workspaces, whatever this machine says."""
    monkeypatch.delenv("CURATE_STORE", raising=False)


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ten pairs, to copy."""
    folder = tmp_path_factory.mktemp("ten") / "media"
    write_media(folder)
    return folder


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    if not mounted(folder, "2m"):
        pytest.skip("needs the right to mount a file system")
    yield folder
    unmounted(folder)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, media: Path) -> Iterator[Server]:
    """A process that plays commands, and can let any call of theirs fail."""
    from tests.faults.states import warmed

    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler")
    with warmed(tmp_path_factory.mktemp("server"), media) as warm:
        yield warm


@pytest.fixture
def workspace(tmp_path: Path, media: Path) -> Workspace:
    """The ten pairs and a recipe for them, not built yet."""
    return _workspace(tmp_path / "workspace", media)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, media: Path) -> Iterator[Finished]:
    """The ten pairs' release."""
    place = _workspace(tmp_path_factory.mktemp("finished") / "workspace", media)
    yield Finished(place, place.build())


def _workspace(root: Path, media: Path) -> Workspace:
    shutil.copytree(media, root / "media")
    return Workspace(root).having(
        name="ten",
        version="1.0.0",
        fields=FIELDS,
        sources=[{"folder": FOLDER}],
        steps=STEPS,
    )


@pytest.fixture
def openmoji(tmp_path: Path) -> Workspace:
    """The recipe that the demo builds, in a workspace of its own."""
    root = tmp_path / "openmoji"
    (root / "recipes").mkdir(parents=True)
    shutil.copy(RECIPES / "openmoji.yaml", root / "recipes")
    shutil.copytree(RECIPES / "answers", root / "recipes" / "answers")
    return Workspace(root, {"name": "openmoji", "version": "1.0.0"})
