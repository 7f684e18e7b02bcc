"""Models of strangers in builds: what would run code is refused, what was changed is named."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.errors import CurateError, ReleaseExists
from curate.models.reference import revision
from tests.models import tiny
from tests.workspace import Workspace, curate

pytest.importorskip("transformers")


class Planted:
    """Writes a file where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self.mark,))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.clip(tmp_path_factory.mktemp("models") / "clip")


@pytest.fixture
def place(
    workspace: Workspace, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    shutil.copytree(clip, tmp_path / "kept" / "clip")
    monkeypatch.setenv("THE_MODELS", str(tmp_path / "kept"))
    scored = {"score": ["image", "caption"], "encoder": "file:${THE_MODELS}/clip"}
    return workspace.having(name="scored", version="1.0.0", steps=[{"align": scored}])


def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "clip"


def test_weights_that_are_a_pickle_never_run(place: Workspace, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for name in ("pytorch_model.bin", "model.pt", "weights.pkl"):
        for old in folder(tmp_path).glob("*.safetensors"):
            old.unlink()
        (folder(tmp_path) / name).write_bytes(pickle.dumps(Planted(mark)))
        said = curate("build", place.path)
        assert said.code == 1
        assert "may run code" in said.err or "no safetensors" in said.err
        assert not mark.exists()
        (folder(tmp_path) / name).unlink()
    assert not list(place.root.glob("releases/*/*"))


def test_a_pickle_that_is_called_safetensors(place: Workspace, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for weights in folder(tmp_path).glob("*.safetensors"):
        weights.write_bytes(pickle.dumps(Planted(mark)))
    said = curate("build", place.path)
    assert said.code == 1
    assert "the model 'clip' cannot be loaded" in said.err
    assert not mark.exists()


def test_a_model_that_changed_since_the_release_is_named(place: Workspace, tmp_path: Path) -> None:
    place.build()
    lock = (place.release / "recipe.lock.yaml").read_text()
    assert "file:${THE_MODELS}/clip" in lock
    assert str(tmp_path) not in lock
    tampered(folder(tmp_path))
    with pytest.raises(ReleaseExists, match=r"models\.file:\$\{THE_MODELS\}/clip was"):
        place.build()


def test_a_model_that_changes_before_it_is_loaded(
    place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slyly(reference: str, hash_file: Callable[[Path], str]) -> str:
        found = revision(reference, hash_file)
        if "clip" in reference:
            tampered(folder(tmp_path))
        return found

    monkeypatch.setattr("curate.run.asking.revision", slyly)
    with pytest.raises(CurateError, match="clip' changed between its hash and its use"):
        place.build()
    assert not list(place.store.glob("values/*embedding*/*.parquet"))


def tampered(model: Path) -> None:
    """One weight is another."""
    weights = model / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
