"""What the library datasets saved: shards, splits, classes, media as bytes or by path."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import DataError, MissingExtra
from curate.pairs.media import read_media
from curate.sources.dataset import SavedDataset
from tests.sources.conftest import make_fields, ogg, png, problems

datasets = pytest.importorskip("datasets")

Rows = Callable[..., pl.DataFrame]
BOUND = {"image": "img", "caption": "text", "category": "label"}
FIELDS = make_fields(
    image={"type": "image"}, caption={"type": "text"}, category={"type": "metadata"}
)


def birds(count: int = 7, **more: Any) -> Any:
    features = {
        "img": datasets.Image(),
        "text": datasets.Value("string"),
        "label": datasets.ClassLabel(names=["duck", "crow"]),
    }
    columns = {
        "img": [{"bytes": png(at), "path": None} for at in range(count)],
        "text": [f"bird {at}" for at in range(count)],
        "label": [at % 2 for at in range(count)],
    }
    kinds = datasets.Features(features | {key: kind for key, (kind, _) in more.items()})
    return datasets.Dataset.from_dict(
        columns | {key: values for key, (_, values) in more.items()}, features=kinds
    )


@pytest.fixture(autouse=True)
def _quiet() -> None:
    datasets.disable_progress_bars()


@pytest.mark.parametrize("shards", [1, 3])
def test_rows_of_all_shards(shards: int, tmp_path: Path, rows: Rows) -> None:
    birds().save_to_disk(tmp_path / "saved", num_shards=shards)
    frame = rows("dataset", FIELDS, path="saved", **BOUND)
    assert frame["row"].to_list() == list("0123456")
    assert frame["caption"].to_list() == [f"bird {at}" for at in range(7)]
    assert frame["category"].to_list() == ["duck", "crow"] * 3 + ["duck"]
    assert frame["image_uri"][0] == f"data-00000-of-0000{shards}.arrow#0/img"
    assert frame["caption_uri"][0] == f"data-00000-of-0000{shards}.arrow#0/text"
    assert frame["image_uri"].n_unique() == 7
    for at, row in enumerate(frame.iter_rows(named=True)):
        assert read_media(row["image_path"], row["image_member"]) == png(at)


def test_splits_are_chosen_by_name(tmp_path: Path, rows: Rows) -> None:
    both = datasets.DatasetDict({"train": birds(4), "test": birds(2)})
    both.save_to_disk(tmp_path / "saved")
    frame = rows("dataset", FIELDS, path="saved", split="test", **BOUND)
    assert len(frame) == 2
    assert frame["image_uri"][0] == "test/data-00000-of-00001.arrow#0/img"
    for split in (None, "dev"):
        with pytest.raises(DataError, match="has the splits train, test") as caught:
            rows("dataset", FIELDS, path="saved", split=split, **BOUND)
        assert caught.value.hint == "for example 'split: train'"


def test_an_only_split_needs_no_name(tmp_path: Path, rows: Rows) -> None:
    datasets.DatasetDict({"train": birds(2)}).save_to_disk(tmp_path / "saved")
    assert len(rows("dataset", FIELDS, path="saved", **BOUND)) == 2


def test_speech_absent_media_and_paths(tmp_path: Path, rows: Rows) -> None:
    (tmp_path / "saved").mkdir()
    spoken = [{"bytes": ogg(), "path": "a.ogg"}, None, None]
    scan = ["x.png", "../y.png", None]
    bytes_and_path = {"bytes": datasets.Value("binary"), "path": datasets.Value("string")}
    made = birds(
        3,
        sound=(bytes_and_path, spoken),
        scan=(datasets.Value("string"), scan),
        raw=(datasets.Value("binary"), [b"raw", None, b"more"]),
    )
    made.cast_column("sound", datasets.Audio(decode=False)).save_to_disk(tmp_path / "saved")
    (tmp_path / "saved/x.png").write_bytes(png())
    given = make_fields(
        **{key: {"type": "audio", "optional": True} for key in ("sound", "raw")},
        scan={"type": "image", "optional": True},
    )
    frame = rows("dataset", given, path="saved", sound="sound", scan="scan", raw="raw")
    assert frame["sound_member"].to_list() == ["0/sound", None, None]
    assert read_media(frame["sound_path"][0], "0/sound") == ogg()
    assert read_media(frame["raw_path"][2], "2/raw") == b"more"
    assert frame["scan_uri"].to_list() == ["x.png", None, None]
    assert {row: found[:2] for row, found in problems(frame).items()} == {"1": ("refused", "scan")}


def test_a_shuffled_data_set_is_saved_in_its_order(tmp_path: Path, rows: Rows) -> None:
    shuffled = birds().shuffle(seed=1)
    shuffled.save_to_disk(tmp_path / "saved")
    frame = rows("dataset", FIELDS, path="saved", **BOUND)
    assert frame["caption"].to_list() == list(shuffled["text"])
    for row in frame.iter_rows(named=True):
        at = int(row["caption"].split()[1])
        assert read_media(row["image_path"], row["image_member"]) == png(at)


def test_files_outside_the_folder_are_refused(tmp_path: Path, rows: Rows) -> None:
    for name in ("saved", "other"):
        birds().save_to_disk(tmp_path / name)
    state = tmp_path / "saved/state.json"
    state.write_text(state.read_text().replace("data-00000", "../other/data-00000"))
    with pytest.raises(DataError, match="names files outside its folder"):
        rows("dataset", FIELDS, path="saved", **BOUND)


def test_what_is_not_there(tmp_path: Path, rows: Rows) -> None:
    with pytest.raises(DataError, match="'saved' is no folder that datasets saved") as caught:
        rows("dataset", FIELDS, path="saved", **BOUND)
    assert caught.value.hint == "for a data set of the hub, give its revision"
    birds().save_to_disk(tmp_path / "saved")
    with pytest.raises(DataError, match="there is no column 'txt'") as caught:
        rows("dataset", FIELDS, path="saved", **BOUND | {"caption": "txt"})
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("did you mean 'text'?")


def test_with_a_revision_it_is_asked_of_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No network here: the hub's library is told so, and its words are handed on."""
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    source = SavedDataset.parse(
        {"path": "owner/none", "revision": "0a1b", "split": "train", **BOUND}
    )
    with pytest.raises(DataError, match="the data set 'owner/none' cannot be had"):
        source.rows(FIELDS, tmp_path, "src")


@pytest.mark.parametrize("split", ["train[:10%]", "train+test", "", "../x"])
def test_only_whole_splits_can_be_named(split: str) -> None:
    with pytest.raises(ValueError, match="split"):
        SavedDataset.parse({"path": "x", "split": split})


def test_without_the_library_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtra, match="needs the extra 'datasets'"):
        SavedDataset.parse({"path": "x"}).rows(FIELDS, tmp_path, "src")
