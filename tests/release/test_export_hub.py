"""Uploads, to a hub that is a server of the test."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from curate.errors import GateFailed
from tests.conftest import Finished
from tests.release.hub import TOKEN, Hub, hub
from tests.workspace import Workspace, command

pytest.importorskip("huggingface_hub")


def pushed(
    there: Hub, release: Path, home: Path, *more: str, token: str = TOKEN
) -> tuple[int, str]:
    """The command in a process of its own: the library reads where its hub is when it is loaded."""
    told = {
        "HF_ENDPOINT": there.url,
        "HF_TOKEN": token,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
    asked = command("export", release, "--to", "hub", "--repo", "me/ten", *more)
    done = subprocess.run(
        asked, env={**os.environ, **told}, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def files_below(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_repository_holds_the_release_and_nothing_else(
    finished: Finished, workspace: Workspace, tmp_path: Path
) -> None:
    with hub() as there:
        code, said = pushed(there, finished.release, tmp_path)
        assert code == 0, said
        assert there.repos == {"me/ten": True}
        assert there.files == files_below(finished.release)
        assert list(there.tags) == ["1.0.0"]
        assert finished.built.digest[:16] in there.messages[0]

        later = workspace.having(version="1.1.0", seed=1)
        later.build()
        code, said = pushed(there, later.release, tmp_path)
        assert code == 0, said
        assert there.files == files_below(later.release)
        assert list(there.tags) == ["1.0.0", "1.1.0"]


def test_public_where_somebody_says_so(finished: Finished, tmp_path: Path) -> None:
    with hub() as there:
        code, said = pushed(there, finished.release, tmp_path, "--public")
        assert code == 0, said
        assert there.repos == {"me/ten": False}


def test_who_may_not_write_is_told_so(finished: Finished, tmp_path: Path) -> None:
    with hub() as there:
        code, said = pushed(there, finished.release, tmp_path, token="hf_of_a_stranger")
        assert code == 1
        assert "cannot be uploaded to 'me/ten'" in said
        assert "HF_TOKEN" in said
        assert "Traceback" not in said
        assert not there.files


def test_what_missed_a_gate_is_not_uploaded(workspace: Workspace, tmp_path: Path) -> None:
    place = workspace.having(governance={"gates": {"pairs.kept": {"min": 1000}}})
    with pytest.raises(GateFailed):
        place.build()
    candidate = place.root / ".curate" / "candidates" / "ten" / "1.0.0"
    with hub() as there:
        code, said = pushed(there, candidate, tmp_path)
    assert code == 4
    assert "gates failed on pairs.kept" in said
    assert not there.repos


def test_a_hub_that_is_not_there(finished: Finished, tmp_path: Path) -> None:
    code, said = pushed(Hub("http://127.0.0.1:9"), finished.release, tmp_path)
    assert code == 1
    assert "cannot be uploaded" in said
    assert "Traceback" not in said
