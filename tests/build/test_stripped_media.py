"""Releases whose pictures and sounds say nothing of people and places."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from curate.pairs.image import decode_image
from tests.pairs.test_bare import SECRET, exif, tagged_flac
from tests.workspace import Workspace, age, photo


def jpeg(number: int, **options: object) -> bytes:
    out = io.BytesIO()
    photo(number).save(out, "JPEG", **options)
    return out.getvalue()


@pytest.fixture
def album(tmp_path: Path) -> Workspace:
    """Two photographs, of which one was taken somewhere by somebody, and a sound with a tag."""
    media = tmp_path / "media"
    media.mkdir()
    (media / "told.jpg").write_bytes(jpeg(1, exif=exif(6), comment=SECRET))
    (media / "bare.jpg").write_bytes(jpeg(2))
    (media / "told.flac").write_bytes(tagged_flac())
    age(media)
    recipe = {
        "name": "album",
        "version": "1.0.0",
        "fields": {"image": {"type": "image"}, "sound": {"type": "audio", "optional": True}},
        "sources": [{"folder": {"path": "../media", "image": "*.jpg", "sound": "{stem}.flac"}}],
        "steps": [{"privacy": {"strip": ["image", "sound"]}}],
    }
    return Workspace(tmp_path, recipe).having()


def files(workspace: Workspace, name: str) -> dict[str, bytes]:
    data = pl.concat(pl.read_parquet(p) for p in workspace.release.glob("data/*/*.parquet"))
    return {cell["path"]: cell["bytes"] for cell in data[name].drop_nulls()}


def test_released_files_are_bare_and_keep_their_names(album: Workspace) -> None:
    album.build()
    pictures, sounds = files(album, "image"), files(album, "sound")
    assert set(pictures) == {"told.jpg", "bare.jpg"}
    assert set(sounds) == {"told.flac"}
    assert SECRET not in pictures["told.jpg"] + sounds["told.flac"]
    plain = (album.media / "told.jpg").read_bytes()
    np.testing.assert_array_equal(decode_image(pictures["told.jpg"]), decode_image(plain))
    assert pictures["bare.jpg"] == (album.media / "bare.jpg").read_bytes()


def test_the_ledger_tells_what_was_taken_out(album: Workspace) -> None:
    built = album.build()
    pairs, decisions, _ = album.tables()
    lines = decisions.filter(pl.col("name") == "privacy strip image sound")
    assert dict(lines.group_by("verdict").len().iter_rows()) == {"redact": 1, "keep": 1}
    reason = lines.filter(pl.col("verdict") == "redact")["reason"][0]
    assert reason == "comment, exif, gps removed from image; tags removed from sound"
    told = pairs.filter(pl.col("row").str.contains("told"))
    assert told["origin"][0] == "collected"
    assert told["image_uri"][0].endswith("told.jpg")
    assert [stage.note for stage in built.stages if stage.note] == [
        "image: 1 of 2 files (comment 1, exif 1, gps 1); sound: 1 of 1 files (tags 1)"
    ]


def test_pictures_out_of_a_table_are_stripped(album: Workspace) -> None:
    table = pl.DataFrame({"image": [(album.media / "told.jpg").read_bytes()]})
    table.write_parquet(album.media / "album.parquet")
    age(album.media)
    source = {"parquet": {"path": "../media/album.parquet", "image": "image"}}
    album = album.having(sources=[source], steps=[{"privacy": {"strip": "image"}}])
    album.build()
    (picture,) = files(album, "image").values()
    assert SECRET not in picture
    with Image.open(io.BytesIO(picture)) as image:
        assert image.getexif()[0x0112] == 6


def test_a_file_of_an_unknown_format_is_flagged(album: Workspace) -> None:
    (album.media / "told.flac").unlink()
    import soundfile as sf

    sf.write(album.media / "told.ogg", np.zeros(8000), 16000)
    age(album.media)
    source = {"folder": {"path": "../media", "image": "*.jpg", "sound": "{stem}.ogg"}}
    album = album.having(sources=[source], steps=[{"privacy": {"strip": "sound"}}])
    album.build()
    flagged = album.tables()[1].filter(pl.col("verdict") == "flag")
    assert flagged["reason"].to_list() == ["sound could not be stripped"]
    assert "nothing is taken out of files" in flagged["detail"][0]


def test_a_release_by_reference_cannot_hold_stripped_files(album: Workspace) -> None:
    from curate.errors import RecipeError

    with pytest.raises(RecipeError, match="only refers to files"):
        album.having(release={"media": "reference"}).build()
