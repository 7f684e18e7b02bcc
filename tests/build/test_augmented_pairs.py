"""Pairs of which one side was altered: still pairs, the same every time, never across splits."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from curate.pairs.audio import decode_audio
from curate.pairs.marks import ALTERED, source_type
from curate.pairs.sensor import Stream, read_stream, write_stream
from curate.pairs.span import Recording
from tests.workspace import Workspace, photo, tone, write_lines

CAPTIONS = ["A duck on a pond.", "A dog looks to the left.", "A red apple.", "An owl at night."]
FIELDS: dict[str, dict[str, Any]] = {
    "image": {"type": "image"},
    "speech": {"type": "audio"},
    "caption": {"type": "text", "language": "en"},
}
IMAGE = {"augment": "image", "into": "image", "each": 2}
SPEECH = {"augment": "speech", "into": "speech"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("augmented")
    (root / "media").mkdir()
    rows = []
    for number, caption in enumerate(CAPTIONS):
        photo(number).save(root / "media" / f"{number}.png")
        tone(root / "media" / f"{number}.wav", 300 + 100 * number, 0.5)
        rows.append({"image": f"{number}.png", "speech": f"{number}.wav", "caption": caption})
    write_lines(root / "media" / "rows.jsonl", rows)
    source = {"path": "../media/rows.jsonl", **{name: name for name in FIELDS}}
    return Workspace(root).having(
        name="all", version="1.0.0", fields=FIELDS, sources=[{"jsonl": source}], steps=[]
    )


def children(place: Workspace, step: dict[str, Any], name: str) -> tuple[Workspace, pl.DataFrame]:
    """The released children of one step with their parents' columns, `<name>_parent`."""
    other = place.having(name=name, steps=[{"synthesize": step}])
    other.build()
    data = pl.concat(pl.read_parquet(path) for path in other.release.glob("data/*/*.parquet"))
    parents = other.tables()[0].explode("parents").select("pair_id", "parents")
    made = data.filter(pl.col("origin") == "synthetic").join(parents, on="pair_id")
    return other, made.join(data, left_on="parents", right_on="pair_id", suffix="_parent")


def pixels(cell: dict[str, Any]) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(cell["bytes"])).convert("RGB"))


def test_children_keep_what_was_not_altered(place: Workspace) -> None:
    by = {"crop": 0.7, "flip": 0.5, "colour": 0.2, "blur": 1.5}
    other, made = children(place, {**IMAGE, "by": by}, "pictures")
    assert made.height == 8
    assert made["caption"].to_list() == made["caption_parent"].to_list()
    assert made["speech"].to_list() == made["speech_parent"].to_list()
    files = [cell["bytes"] for cell in made["image"]]
    assert len(set(files)) == 8
    assert {source_type(file) for file in files} == {ALTERED}
    for cell, parent in zip(made["image"], made["image_parent"], strict=True):
        width, height = Image.open(BytesIO(cell["bytes"])).size
        before = Image.open(BytesIO(parent["bytes"])).size
        assert 0.68 <= width * height / (before[0] * before[1]) <= 1
    told = pl.read_parquet(other.release / "made.parquet")
    assert set(told["generator"]) == {"crop, flip, colour, blur", "crop, colour, blur"}
    assert told["settings"].str.contains("0.7").all()


def test_a_picture_whose_text_names_a_side_is_not_mirrored(place: Workspace) -> None:
    other, made = children(place, {**IMAGE, "each": 1, "by": {"flip": 1}}, "mirrored")
    assert sorted(made["caption"]) == sorted(text for text in CAPTIONS if "left" not in text)
    for cell, parent in zip(made["image"], made["image_parent"], strict=True):
        np.testing.assert_array_equal(pixels(cell), pixels(parent)[:, ::-1])
    rejected = other.tables()[1].filter(pl.col("verdict") == "reject")
    assert rejected["detail"].to_list() == ["a text names a side"]


def test_sounds_are_altered_as_told(place: Workspace) -> None:
    by = {"speed": 0.1, "reverberation": 0.4, "noise": {"min": 5, "max": 15}, "mask": 0.2}
    _, made = children(place, {**SPEECH, "by": by}, "sounds")
    assert made.height == 4
    for cell, parent in zip(made["speech"], made["speech_parent"], strict=True):
        after, before = decode_audio(cell["bytes"]), decode_audio(parent["bytes"])
        assert after.rate == before.rate
        assert len(after.samples) != len(before.samples)
        assert 0.9 <= len(before.samples) / len(after.samples) <= 1.1
        assert np.abs(after.samples).max() < 1
        assert source_type(cell["bytes"]) == ALTERED


def test_noise_lies_as_far_below_as_told(place: Workspace) -> None:
    _, made = children(place, {**SPEECH, "by": {"noise": {"min": 20, "max": 20}}}, "noisy")
    for cell, parent in zip(made["speech"], made["speech_parent"], strict=True):
        after, before = (decode_audio(one["bytes"]).samples for one in (cell, parent))
        ratio = np.mean(before**2) / np.mean((after - before) ** 2)
        assert 10 * np.log10(ratio) == pytest.approx(20, abs=0.1)


def test_the_same_is_made_again_elsewhere(place: Workspace, tmp_path: Path) -> None:
    step = {**IMAGE, "by": {"crop": 0.7, "colour": 0.2}}
    first, _ = children(place, step, "again")
    second = place.copied(tmp_path)
    digest = first.build().digest
    assert second.having(name="again", steps=[{"synthesize": step}]).build().digest == digest


def test_words_are_misspelt(place: Workspace) -> None:
    step = {"augment": "caption", "into": "caption", "each": 2, "by": {"spelling": 0.4}}
    other, made = children(place, step, "spelling")
    assert made.height == 2 * len(CAPTIONS)
    assert made["image"].to_list() == made["image_parent"].to_list()
    for text, before in made.select("caption", "caption_parent").iter_rows():
        words, known = text.split(), before.split()
        assert 1 <= sum(a != b for a, b in zip(words, known, strict=True)) <= 2
        assert all(a == b for a, b in zip(words, known, strict=True) if len(b.strip(".")) < 4)
    told = pl.read_parquet(other.release / "made.parquet")
    assert sorted(told["prompt"]) == sorted(CAPTIONS * 2)


def test_streams_are_altered_on_the_same_clock(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    times = np.arange(200) / 50
    before = Stream(times, np.stack([np.sin(times), np.cos(times)], axis=1), ("x", "y"))
    (tmp_path / "media" / "walk.parquet").write_bytes(write_stream(before))
    write_lines(tmp_path / "media" / "rows.jsonl", [{"walk": "walk.parquet", "label": "walks"}])
    fields = {"walk": {"type": "sensor"}, "label": {"type": "text"}}
    source = {"path": "../media/rows.jsonl", "walk": "walk", "label": "label"}
    plain = Workspace(tmp_path).having(
        name="all", version="1.0.0", fields=fields, sources=[{"jsonl": source}], steps=[]
    )
    by = {"scaling": 0.2, "jitter": 0.05, "dropout": 0.1}
    _, made = children(plain, {"augment": "walk", "into": "walk", "each": 3, "by": by}, "walks")
    assert made.height == 3
    for cell in made["walk"]:
        assert source_type(cell["bytes"]) == ALTERED
        after = read_stream(Recording(cell["bytes"]))
        np.testing.assert_array_equal(after.times, times)
        silent = np.isnan(after.values)
        assert 1 <= silent[:, 0].sum() <= 20
        np.testing.assert_array_equal(silent[:, 0], silent[:, 1])
        assert np.nanmax(np.abs(after.values - before.values)) < 0.4


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({**IMAGE, "by": {}}, "names no alteration"),
        ({**IMAGE, "by": {"crop": 0.8, "noise": {"min": 10, "max": 20}}}, "different kinds"),
        ({**IMAGE, "by": {"noise": {"min": 10, "max": 20}}}, "'image' is a field of type image"),
        ({**SPEECH, "into": "image", "by": {"speed": 0.1}}, "'image' is a field of type image"),
        ({**IMAGE, "by": {"flip": 0.5}, "unless_said_in": ["speech"]}, "a field of type audio"),
    ],
)
def test_what_cannot_be_altered_is_said(place: Workspace, step: dict[str, Any], words: str) -> None:
    wrong = place.having(name="wrong", steps=[{"synthesize": step}])
    with pytest.raises(Exception, match=words):
        wrong.build()
