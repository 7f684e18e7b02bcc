"""Released pairs as those read them who train."""

from __future__ import annotations

import importlib.util
import pickle
from pathlib import Path
from typing import Any

import pytest

import curate
from curate.errors import CurateError
from curate.pairs.audio import decode_audio
from curate.pairs.image import decode_image
from tests.conftest import Finished
from tests.workspace import KEPT

datasets = pytest.importorskip("datasets")
torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def release(finished: Finished) -> curate.Release:
    datasets.disable_progress_bars()
    return curate.load_release(finished.release)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def test_datasets(release: curate.Release, cache: Path) -> None:
    loaded = release.to_datasets(cache)
    assert sum(split.num_rows for split in loaded.values()) == KEPT
    assert loaded["train"].features["image"].dtype == "PIL.Image.Image"


def test_torch(release: curate.Release, cache: Path) -> None:
    """Pictures and recordings are as the measures saw them."""
    rows = {row["pair_id"]: row for row in release.data("train").collect().to_dicts()}
    pairs = release.to_torch("train", cache=cache)
    assert len(pairs) == len(rows)
    for pair in (pairs[index] for index in range(len(pairs))):
        row = rows[pair["pair_id"]]
        picture = decode_image(row["image"]["bytes"])
        assert pair["image"].dtype == torch.uint8
        assert (pair["image"].permute(1, 2, 0).numpy() == picture).all()
        assert pair["caption"] == row["caption"]
        assert pair["caption_fr"] == row["caption_fr"]
        _same_sound(pair, row["speech"])


def _same_sound(pair: dict[str, Any], medium: dict[str, Any] | None) -> None:
    if medium is None:
        assert (pair["speech"], pair["speech_rate"]) == (None, None)
        return
    sound = decode_audio(medium["bytes"])
    assert pair["speech_rate"] == sound.rate
    assert pair["speech"].dtype == torch.float32
    assert (pair["speech"].T.numpy() == sound.samples).all()


def _caption(pair: dict[str, Any]) -> tuple[Any, str]:
    return pair["image"].float().mean((1, 2)), pair["caption"]


@pytest.mark.parametrize("workers", [0, 2])
def test_batches(release: curate.Release, cache: Path, workers: int) -> None:
    from torch.utils.data import DataLoader

    pairs = release.to_torch("train", _caption, cache)
    loader = DataLoader(pairs, batch_size=2, shuffle=True, num_workers=workers)
    batches = list(loader)
    assert sorted(caption for _, captions in batches for caption in captions) == sorted(
        release.data("train").collect()["caption"]
    )
    assert batches[0][0].shape[1:] == (3,)


def test_other_processes_can_be_given_it(release: curate.Release, cache: Path) -> None:
    pairs = release.to_torch("test", _caption, cache)
    sent = pickle.loads(pickle.dumps(pairs))
    assert sent[0][1] == pairs[0][1]


def test_what_there_is_not(release: curate.Release, cache: Path) -> None:
    with pytest.raises(CurateError, match="no split 'dev'"):
        release.to_torch("dev", cache=cache)
    with pytest.raises(IndexError):
        _ = release.to_torch("test", cache=cache)[99]


@pytest.mark.skipif(bool(importlib.util.find_spec("tensorflow")), reason="TensorFlow is installed")
def test_without_tensorflow(release: curate.Release) -> None:
    with pytest.raises(CurateError, match="needs TensorFlow") as caught:
        release.to_tf()
    assert caught.value.hint == "pip install tensorflow"


def test_tensorflow(release: curate.Release, cache: Path) -> None:
    pytest.importorskip("tensorflow")
    rows = {row["pair_id"]: row for row in release.data("train").collect().to_dicts()}
    pairs = list(release.to_tf("train", cache))
    assert len(pairs) == len(rows)
    for pair in pairs:
        row = rows[pair["pair_id"].numpy().decode()]
        assert (pair["image"].numpy() == decode_image(row["image"]["bytes"])).all()
        assert pair["caption"].numpy().decode() == row["caption"]
        assert pair["caption_fr"].numpy().decode() == (row["caption_fr"] or "")
        heard = decode_audio(row["speech"]["bytes"]).samples if row["speech"] else None
        assert pair["speech"].shape[0] == (0 if heard is None else len(heard))
