"""One recipe and one set of inputs make one digest, however and wherever it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curate.recipe.extras import is_installed
from tests.conftest import Finished
from tests.workspace import Workspace

EVERYTHING: list[dict[str, Any]] = [
    {"filter": {"image.min_side": 16, "speech.silence": 1.0, "image.sharpness": 0.0}},
    {"dedup": {"near": ["image", "caption"]}},
    {"split": {"train": 0.7, "test": 0.3}},
]
ALIGN: dict[str, Any] = {"align": {"score": ["image", "caption"], "drop": {"below_quantile": 0.1}}}

needs_models = pytest.mark.skipif(not is_installed("embedded"), reason="needs the extra 'embedded'")


@pytest.mark.parametrize(("batch_size", "workers"), [(1, 4), (7, 1), (64, 2)])
def test_batches_and_workers(
    finished: Finished, tmp_path: Path, batch_size: int, workers: int
) -> None:
    store = tmp_path / "store"
    built = finished.workspace.build(batch_size=batch_size, workers=workers, store=store)
    assert built.usage.computed > 0
    assert not built.published
    assert built.digest == finished.built.digest


@needs_models
def test_batches_and_workers_with_models(workspace: Workspace, tmp_path: Path) -> None:
    """One release stands, so that a build which differs could not publish."""
    workspace = workspace.having(steps=[*EVERYTHING, ALIGN, {"select": {"size": 8, "by": "align"}}])
    first = workspace.build(batch_size=1, workers=1, store=tmp_path / "1")
    assert first.usage.measures["image.features"].computed == 10
    assert sum(first.kept.values()) == 8
    for batch_size, workers in ((7, 2), (64, 4)):
        store = tmp_path / f"{batch_size}"
        built = workspace.build(batch_size=batch_size, workers=workers, store=store)
        assert built.usage.computed == first.usage.computed
        assert built.usage.fits["head"].computed == 1
        assert not built.published
        assert built.digest == first.digest


@needs_models
@pytest.mark.slow
@pytest.mark.skipif(not is_installed("openmoji"), reason="needs the extra 'openmoji'")
@pytest.mark.parametrize(("batch_size", "workers"), [(1, 4), (7, 1), (64, 2)])
def test_openmoji(openmoji: Workspace, tmp_path: Path, batch_size: int, workers: int) -> None:
    built = openmoji.build(limit=120, batch_size=batch_size, workers=workers, store=tmp_path / "s")
    again = openmoji.build(limit=120)
    assert again.digest == built.digest
    assert again.usage.fits["head"].computed + again.usage.fits["head"].reused == 1


def test_copied_workspace(finished: Finished, tmp_path: Path) -> None:
    """No path, no time and no host is in it; nor is the order in which files were written."""
    copy = finished.workspace.copied(tmp_path / "somewhere" / "else")
    for path in sorted(copy.media.rglob("*.png"), reverse=True):
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data)
    built = copy.build()
    assert built.published
    assert built.digest == finished.built.digest
    assert built.path.is_relative_to(tmp_path)


def test_store_elsewhere(
    workspace: Workspace, finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURATE_STORE", str(tmp_path / "shared"))
    assert workspace.build().digest == finished.built.digest
    assert (tmp_path / "shared" / "values").is_dir()
    assert not workspace.store.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"version": "1.0.1"},
        {"steps": EVERYTHING},
        {"release": {"media": "reference"}},
    ],
    ids=str,
)
def test_what_changes_a_release_changes_it(
    workspace: Workspace, finished: Finished, change: dict[str, Any]
) -> None:
    assert workspace.having(**change).build().digest != finished.built.digest


def test_comments_do_not(workspace: Workspace, finished: Finished) -> None:
    workspace.path.write_text("# a remark\n" + workspace.path.read_text())
    assert workspace.build().digest == finished.built.digest
