"""What is damaged in the store is set aside, told, and computed again; a build never trusts it."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from curate.release.verify import problems
from curate.store.fragment import read_fragment, read_notes, write_fragment
from tests.conftest import Finished
from tests.workspace import Workspace, curate


def fragments(workspace: Workspace, measure: str) -> list[Path]:
    return sorted((workspace.store / "values").glob(f"{measure}-*/*.parquet"))


def flip(path: Path, share: float) -> None:
    """Turn one byte, so far into the file."""
    data = bytearray(path.read_bytes())
    data[int(len(data) * share)] ^= 0xFF
    path.write_bytes(data)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("measure", ["image.probe", "image.thumbnail"])
def test_turned_byte(workspace: Workspace, finished: Finished, measure: str, share: float) -> None:
    """Anywhere in it: in the keys, in the values, or in what describes them and may be harmless."""
    workspace.build()
    (path,) = fragments(workspace, measure)
    flip(path, share)
    said = curate("build", workspace.path, "--json")
    assert said.code == 0
    found = said.document
    assert found["digest"] == finished.built.digest
    again = found["measures"][measure]
    if again["computed"]:
        assert again["reused"] == 0
        (warning,) = found["warnings"]
        assert measure in warning
        assert "is damaged and was set aside" in said.err
        assert path.with_suffix(".damaged").exists()
    else:
        assert not found["warnings"]
    assert curate("build", workspace.path, "--json").document["computed"] == 0


def test_cut_off(workspace: Workspace, finished: Finished) -> None:
    workspace.build()
    for path in fragments(workspace, "*"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    said = curate("build", workspace.path, "--json")
    assert said.code == 0
    assert said.document["digest"] == finished.built.digest
    assert all(spent["reused"] == 0 for spent in said.document["measures"].values())


def test_hashes_of_files(workspace: Workspace, finished: Finished) -> None:
    workspace.build()
    (path,) = (workspace.store / "files").glob("*.parquet")
    flip(path, 0.5)
    with pytest.warns(UserWarning, match="damaged"):
        built = workspace.build()
    assert built.digest == finished.built.digest
    assert built.usage.files.computed == 15


def test_plan_says_what_is_lost(workspace: Workspace) -> None:
    workspace.build()
    (path,) = fragments(workspace, "image.sketch")
    path.write_bytes(b"PAR1")
    said = curate("plan", workspace.path, "--json")
    assert said.code == 0
    assert said.document["missing"] == 8
    assert "damaged" in said.err


def test_empty_and_foreign_files(workspace: Workspace) -> None:
    workspace.build()
    (path,) = fragments(workspace, "image.sketch")
    (path.parent / "empty.parquet").touch()
    (path.parent / "notes.txt").write_text("mine")
    with pytest.warns(UserWarning, match="damaged"):
        assert workspace.build().usage.computed == 0
    assert (path.parent / "notes.txt").read_text() == "mine"


def test_a_fragment_is_whole_or_not_there(tmp_path: Path) -> None:
    frame = pl.DataFrame({"key": ["a", "b"], "value": [1, 2]})
    path = write_fragment(tmp_path, frame, {"seconds": 0.5})
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    read = read_fragment(path)
    assert read is not None
    assert read.equals(frame)
    assert read_notes(path) == {"rows": 2, "seconds": 0.5}
    assert read_fragment(tmp_path / "none.parquet") is None
    assert read_notes(tmp_path / "none.parquet") == {}


def test_a_failure_while_writing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write_fragment(tmp_path, pl.DataFrame({"key": ["a"]}), {"seconds": object()})
    assert list(tmp_path.iterdir()) == []


def test_what_was_made_and_is_lost_or_damaged_is_made_again(workspace: Workspace) -> None:
    made = {"augment": "image", "into": "image", "by": {"crop": 0.7}}
    place = workspace.having(steps=[{"synthesize": made}])
    digest = place.build().digest
    blobs = sorted(path for path in place.store.glob("blobs/*/*"))
    blobs[0].unlink()
    flip(blobs[1], 0.5)
    shutil.rmtree(place.release)
    with pytest.warns(
        UserWarning, match="is damaged and was set aside; it is made or fetched anew"
    ):
        built = place.build()
    assert built.digest == digest
    assert built.usage.computed == 2
    assert problems(built.path) == []


def test_what_was_made_is_damaged_and_nothing_tells_of_it(workspace: Workspace) -> None:
    """Made again, it takes the damaged one's place."""
    made = {"augment": "image", "into": "image", "by": {"crop": 0.7}}
    place = workspace.having(steps=[{"synthesize": made}, {"privacy": {"strip": ["image"]}}])
    digest = place.build().digest
    for path in place.store.glob("blobs/*/*"):
        flip(path, 0.5)
    for folder in place.store.glob("**/image.*"):
        shutil.rmtree(folder)
    shutil.rmtree(place.release)
    with pytest.warns(UserWarning, match="is damaged and was set aside"):
        built = place.build()
    assert built.digest == digest
    assert problems(built.path) == []


def test_keys_tell_which_parts_are_read(tmp_path: Path) -> None:
    """Also of a file of before they were noted: all of it."""
    keys = pl.Series("key", [f"{number:06d}" for number in range(40_000)])
    path = write_fragment(tmp_path, keys.to_frame(), {})
    wanted = pl.Series(["020000"])
    found, nothing = read_fragment(path, None, wanted), read_fragment(path, None, pl.Series(["x"]))
    assert found is not None
    assert nothing is not None
    assert (found.height, found["key"].is_in(wanted.implode()).sum()) == (16_384, 1)
    assert nothing.height == 0
    keys.to_frame().write_parquet(path)
    older = read_fragment(path, None, wanted)
    assert older is not None
    assert older.height == 40_000
