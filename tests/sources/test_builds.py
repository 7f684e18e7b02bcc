"""Every published layout, built into a release: few pairs, real media, the whole way."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.recordings import film
from tests.workspace import Workspace, age, photo, tone

IMAGE = {"type": "image"}
TEXT = {"type": "text", "language": "en"}
AUDIO = {"type": "audio", "language": "en"}
METADATA = {"type": "metadata"}


def built(
    workspace: Workspace,
    fields: Mapping[str, Any],
    source: Mapping[str, Any],
    version: str = "1.0.0",
) -> tuple[pl.DataFrame, dict[str, int]]:
    """The pairs released, in their order, and how many were decided how."""
    age(workspace.media)
    recipe = workspace.having(
        name="corpus", version=version, fields=fields, sources=[source], steps=[]
    )
    recipe.build()
    files = sorted(recipe.release.glob("data/**/*.parquet"))
    rows = pl.concat([pl.read_parquet(file) for file in files])
    pairs = pl.read_parquet(recipe.release / "pairs.parquet")
    return rows, dict(pairs.group_by("status").len().iter_rows())


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    (tmp_path / "media").mkdir()
    (tmp_path / "recipes").mkdir()
    return Workspace(tmp_path)


def picture(seed: int) -> bytes:
    out = io.BytesIO()
    photo(seed).save(out, "PNG")
    return out.getvalue()


def sound(folder: Path, pitch: int) -> bytes:
    path = folder / "sound.wav"
    tone(path, pitch)
    data = path.read_bytes()
    path.unlink()
    return data


def shards(media: Path) -> None:
    for at in range(2):
        with tarfile.open(media / f"{at}.tar", "w") as tar:
            for number in range(2 * at, 2 * at + 2):
                files = {
                    "png": picture(number),
                    "wav": sound(media, 300 + 10 * number),
                    "json": json.dumps({"text": f"Picture {number}."}).encode(),
                }
                for extension, data in files.items():
                    info = tarfile.TarInfo(f"{number:04}.{extension}")
                    info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))


def test_webdataset(place: Workspace) -> None:
    shards(place.media)
    rows, statuses = built(
        place,
        {"image": IMAGE, "speech": AUDIO, "caption": TEXT},
        {"webdataset": {
            "path": "../media/*.tar", "image": ["jpg", "png"], "speech": "wav",
            "caption": "json.text",
        }},
    )  # fmt: skip
    assert rows["caption"].to_list() == [f"Picture {number}." for number in range(4)]
    assert rows["image"].struct.field("bytes").to_list() == [picture(at) for at in range(4)]
    assert statuses == {"kept": 4}


def test_a_packed_folder_gives_the_same_release(place: Workspace) -> None:
    given = {"image": IMAGE, "speech": AUDIO, "caption": TEXT}
    (place.media / "plain/birds").mkdir(parents=True)
    for number in range(3):
        stem = place.media / f"plain/birds/{number}"
        stem.with_suffix(".png").write_bytes(picture(number))
        stem.with_suffix(".wav").write_bytes(sound(place.media, 300 + 10 * number))
        stem.with_suffix(".txt").write_text(f"Picture {number}.")
    with zipfile.ZipFile(place.media / "packed.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for path in (place.media / "plain/birds").iterdir():
            packed.write(path, f"birds/{path.name}")
    keys = {"image": "**/*.png", "speech": "{stem}.wav", "caption": "{stem}.txt"}
    plain, _ = built(place, given, {"folder": {"path": "../media/plain", **keys}})
    packed_rows, statuses = built(
        place, given, {"folder": {"path": "../media/packed.zip", **keys}}, "1.0.1"
    )
    assert statuses == {"kept": 3}
    assert packed_rows.equals(plain)


def captions(media: Path) -> None:
    images = [{"id": at, "file_name": f"{at:012}.png", "license": at} for at in range(3)]
    annotations = [{"id": at, "image_id": at % 3, "caption": f"Seen {at}."} for at in range(5)]
    (media / "val").mkdir()
    for at, image in enumerate(images):
        (media / "val" / str(image["file_name"])).write_bytes(picture(at))
    document = {"images": images, "annotations": annotations}
    (media / "captions.json").write_text(json.dumps(document))


def test_coco(place: Workspace) -> None:
    captions(place.media)
    rows, _ = built(
        place,
        {"image": IMAGE, "caption": TEXT, "licence": METADATA},
        {"coco": {
            "path": "../media", "file": "captions.json", "images": "val",
            "image": "file_name", "caption": "caption", "licence": "license",
        }},
    )  # fmt: skip
    assert rows["caption"].to_list() == [f"Seen {at}." for at in range(5)]
    assert rows["licence"].to_list() == [0, 1, 2, 0, 1]


def test_vqa(place: Workspace) -> None:
    flat = [
        {"image": f"{at}", "question": f"What is {at}?", "answers": ["one", "two", "two"]}
        for at in range(3)
    ]
    (place.media / "qa.json").write_text(json.dumps(flat))
    for at in range(3):
        (place.media / f"{at:03}.png").write_bytes(picture(at))
    rows, _ = built(
        place,
        {"image": IMAGE, "question": TEXT, "answer": TEXT},
        {"vqa": {
            "path": "../media", "file": "qa.json", "images": "{image:03}.png",
            "image": "image", "question": "question", "answer": "answer",
        }},
    )  # fmt: skip
    assert rows.select("question", "answer").rows()[0] == ("What is 0?", "two")


def voices(media: Path, folder: str) -> None:
    (media / folder).mkdir()
    for at in range(3):
        tone(media / folder / f"{at}.wav", 300 + 20 * at)


def common_voice(media: Path) -> dict[str, Any]:
    voices(media, "clips")
    lines = [f'{at}.wav\t"Sentence" {at}.\t{at}' for at in range(3)]
    (media / "validated.tsv").write_text("\n".join(["path\tsentence\tup_votes", *lines]))
    return {"common_voice": {"path": "../media", "speech": "path", "caption": "sentence"}}


def ljspeech(media: Path) -> dict[str, Any]:
    voices(media, "wavs")
    lines = [f'{at}|x|"Sentence" {at}.' for at in range(3)]
    (media / "metadata.csv").write_text("\n".join(lines))
    return {"ljspeech": {"path": "../media", "speech": "id", "caption": "normalized"}}


@pytest.mark.parametrize("layout", [common_voice, ljspeech])
def test_voices(place: Workspace, layout: Callable[[Path], dict[str, Any]]) -> None:
    source = layout(place.media)
    rows, _ = built(place, {"speech": AUDIO, "caption": TEXT}, source)
    assert rows["caption"].to_list() == [f'"Sentence" {at}.' for at in range(3)]
    assert rows["speech"].struct.field("bytes").null_count() == 0


def test_avspeech(place: Workspace) -> None:
    (place.media / "sound").mkdir()
    tone(place.media / "sound/one.wav", seconds=1.0)
    (place.media / "list.csv").write_text("one,0,0.5,0.1,0.2\none,0.5,1,0.3,0.4\ngone,1,2,0,0\n")
    rows, statuses = built(
        place,
        {"speech": AUDIO, "x": METADATA},
        {"avspeech": {
            "path": "../media", "file": "list.csv", "speech": "sound/{id}.wav", "x": "x",
            "max_unreadable": 0.5,
        }},
    )  # fmt: skip
    assert rows["x"].to_list() == [0.1, 0.3]
    assert statuses == {"kept": 2, "unreadable": 1}


def test_subtitles(place: Workspace) -> None:
    tone(place.media / "talk.wav", seconds=1.0)
    (place.media / "talk.en.srt").write_text(
        "1\n00:00,000 --> 00:00,400\n<i>Good</i> morning.\n\n2\n00:00,500 --> 00:01,000\nHello.\n"
    )
    (place.media / "talk.fr.vtt").write_text("WEBVTT\n\n00:00.100 --> 00:00.600\nBonjour.\n")
    rows, _ = built(
        place,
        {"speech": AUDIO, "caption": TEXT, "caption_fr": {**TEXT, "optional": True}},
        {"subtitles": {
            "path": "../media", "speech": "*.wav", "caption": "{stem}.en.srt",
            "caption_fr": "{stem}.fr.vtt",
        }},
    )  # fmt: skip
    assert rows.select("caption", "caption_fr").rows() == [
        ("Good morning.", "Bonjour."),
        ("Hello.", None),
    ]


def test_films_in_shards(place: Workspace) -> None:
    data = film()
    with tarfile.open(place.media / "films.tar", "w") as tar:
        info = tarfile.TarInfo("one.mp4")
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    source = {"webdataset": {"path": "../media/films.tar", "film": "mp4"}}
    rows, _ = built(place, {"film": {"type": "video"}}, source)
    assert rows["film"].struct.field("bytes").to_list() == [data]


def test_stretches_of_films(place: Workspace) -> None:
    (place.media / "one.mp4").write_bytes(film())
    (place.media / "list.csv").write_text("one,0,0.5\none,0.5,1\n")
    source = {"avspeech": {"path": "../media", "file": "list.csv", "film": "{id}.mp4"}}
    rows, statuses = built(place, {"film": {"type": "video"}}, source)
    assert rows["film"].struct.field("bytes").n_unique() == 2
    assert statuses == {"kept": 2}
