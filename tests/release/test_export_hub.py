"""Uploads, to a hub that is a server of the test."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from curate.errors import GateFailed
from tests.conftest import Finished
from tests.release.hub import TOKEN, Hub, hub
from tests.workspace import Workspace, command, curate

pytest.importorskip("huggingface_hub")
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


TOLD = {"HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
Push: TypeAlias = Callable[..., tuple[int, str]]


@pytest.fixture
def push(monkeypatch: pytest.MonkeyPatch) -> Push:
    """The command, with the library told where its hub is, which it reads when it is loaded."""
    constants = pytest.importorskip("huggingface_hub.constants")

    def call(there: Hub, release: Path, token: str = TOKEN) -> tuple[int, str]:
        monkeypatch.setattr(constants, "ENDPOINT", there.url)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
        monkeypatch.setenv("HF_TOKEN", token)
        said = curate("export", release, "--to", "hub", "--repo", "me/ten")
        return said.code, said.out + said.err

    return call


def files_below(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_repository_holds_the_release_and_nothing_else(
    finished: Finished, workspace: Workspace, push: Push
) -> None:
    with hub() as there:
        code, said = push(there, finished.release)
        assert code == 0, said
        assert there.repos == {"me/ten": True}
        assert there.files == files_below(finished.release)
        assert list(there.tags) == ["1.0.0"]
        assert finished.built.digest[:16] in there.messages[0]

        later = workspace.having(version="1.1.0", seed=1)
        later.build()
        code, said = push(there, later.release)
        assert code == 0, said
        assert there.files == files_below(later.release)
        assert list(there.tags) == ["1.0.0", "1.1.0"]


def test_public_where_somebody_says_so(finished: Finished, tmp_path: Path) -> None:
    """In a process of its own, told by its environment alone."""
    with hub() as there:
        asked = command("export", finished.release, "--to", "hub", "--repo", "me/ten", "--public")
        told = {**os.environ, **TOLD, "HF_ENDPOINT": there.url, "HF_HOME": str(tmp_path)}
        done = subprocess.run(asked, env=told, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert there.repos == {"me/ten": False}


def test_who_may_not_write_is_told_so(finished: Finished, push: Push) -> None:
    with hub() as there:
        code, said = push(there, finished.release, "hf_of_a_stranger")
        assert code == 1
        assert "cannot be uploaded to 'me/ten'" in said
        assert "HF_TOKEN" in said
        assert "Traceback" not in said
        assert not there.files


def test_what_missed_a_gate_is_not_uploaded(workspace: Workspace, push: Push) -> None:
    place = workspace.having(governance={"gates": {"pairs.kept": {"min": 1000}}})
    with pytest.raises(GateFailed):
        place.build()
    candidate = place.root / ".curate" / "candidates" / "ten" / "1.0.0"
    with hub() as there:
        code, said = push(there, candidate)
    assert code == 4
    assert "gates failed on pairs.kept" in said
    assert not there.repos


def test_a_hub_that_is_not_there(finished: Finished, push: Push) -> None:
    code, said = push(Hub("http://127.0.0.1:9"), finished.release)
    assert code == 1
    assert "cannot be uploaded" in said
    assert "Traceback" not in said
