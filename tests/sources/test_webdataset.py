"""Shards: keys and extensions, JSON, several archives, and samples that lack something."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl
import pytest

from curate.errors import DataError
from curate.pairs.media import read_media
from curate.sources.sample import key_of
from tests.pairs.test_tar import archive, entry
from tests.sources.conftest import make_fields, ogg, png, problems

Rows = Callable[..., pl.DataFrame]
BOTH = make_fields(
    image={"type": "image"},
    caption={"type": "text", "optional": True},
    licence={"type": "metadata"},
)


def shard(path: Path, files: Mapping[str, object]) -> None:
    path.parent.mkdir(exist_ok=True)
    spelt = {
        name: data if isinstance(data, bytes) else json.dumps(data).encode()
        for name, data in files.items()
    }
    archive(path, spelt)


def test_samples_of_two_shards(tmp_path: Path, rows: Rows) -> None:
    given = make_fields(
        image={"type": "image"},
        caption={"type": "text"},
        speech={"type": "audio", "optional": True},
    )
    shard(
        tmp_path / "shards/00.tar",
        {"b.jpg": png(1), "b.txt": b" bee\n", "b.flac": ogg(), "a.jpg": png(2), "a.txt": b"ay"},
    )
    shard(tmp_path / "shards/01.tar", {"a.JPG": png(3), "a.txt": b"again"})
    frame = rows(
        "webdataset", given, path="shards/*.tar", image="jpg", caption="txt", speech="flac"
    )
    assert frame.select("row", "caption", "caption_uri", "image_uri", "image_member").rows() == [
        ("00.tar#b", "bee", "00.tar#b.txt", "00.tar#b.jpg", "tar:b.jpg"),
        ("00.tar#a", "ay", "00.tar#a.txt", "00.tar#a.jpg", "tar:a.jpg"),
        ("01.tar#a", "again", "01.tar#a.txt", "01.tar#a.JPG", "tar:a.JPG"),
    ]
    assert frame["speech_member"].to_list() == ["tar:b.flac", None, None]
    for shade, (path, member) in enumerate(frame.select("image_path", "image_member").rows(), 1):
        assert read_media(path, member) == png(shade)


@pytest.mark.parametrize(
    ("name", "key", "extension"),
    [
        ("a.jpg", "a", "jpg"),
        ("a.seg.PNG", "a", "seg.png"),
        ("./d/a.jpg", "d/a", "jpg"),
        ("v1.0/a.jpg", "v1.0/a", "jpg"),
        ("v1.0/README", "v1.0/README", ""),
        ("d/._a.jpg", "", "_a.jpg"),
        ("a.", "a", ""),
    ],
)
def test_keys(name: str, key: str, extension: str) -> None:
    assert key_of(name) == (key, extension)


def test_files_of_a_sample_need_not_stand_together(tmp_path: Path, rows: Rows) -> None:
    shard(tmp_path / "t.tar", {"a.jpg": png(), "b.jpg": png(), "a.txt": b"ay", "b.txt": b"bee"})
    frame = rows("webdataset", BOTH, path="t.tar", image=".jpg", caption="txt")
    assert frame.select("row", "caption").rows() == [("a", "ay"), ("b", "bee")]


def test_json_and_lists_of_extensions(tmp_path: Path, rows: Rows) -> None:
    facts = [{"text": "ay", "meta": {"licence": 3}}, {"text": 7, "meta": 1}, {"text": None}]
    names = ["a.jpg", "b.png", "c.webp"]
    files: dict[str, object] = {}
    for name, fact in zip(names, facts, strict=True):
        files |= {name: png(), f"{name[0]}.json": fact}
    shard(tmp_path / "t.tar", files)
    frame = rows(
        "webdataset", BOTH, path="t.tar", image=["jpg", "png", "webp"],
        caption=["txt", "json.text"], licence="json.meta.licence",
    )  # fmt: skip
    assert frame["image_uri"].to_list() == [f"t.tar#{name}" for name in names]
    assert frame["caption"].to_list() == ["ay", "7", None]
    assert frame["caption_uri"].to_list() == ["t.tar#a.json#text", "t.tar#b.json#text", None]
    assert frame["licence"].to_list() == [3, None, None]


def test_what_is_wrong_with_samples(tmp_path: Path, rows: Rows) -> None:
    with tarfile.open(tmp_path / "t.tar", "w") as tar:
        tar.addfile(entry("link.jpg", tarfile.SYMTYPE, "/etc/passwd"))
        tar.addfile(entry("twice.jpg", tarfile.REGTYPE))
        tar.addfile(entry("twice.JPG", tarfile.REGTYPE))
        tar.addfile(entry("same.jpg", tarfile.REGTYPE))
        tar.addfile(entry("same.jpg", tarfile.REGTYPE))
        tar.addfile(entry("lone.txt", tarfile.REGTYPE))
        tar.addfile(entry("../../out.jpg", tarfile.REGTYPE))
        tar.addfile(entry("/abs.jpg", tarfile.REGTYPE))
    frame = rows("webdataset", BOTH, path="t.tar", image="jpg")
    assert problems(frame) == {
        "link": ("refused", "image", "a link, not a regular file"),
        "twice": ("unreadable", "image", "one of several .jpg files of its sample"),
        "same": ("unreadable", "image", "one of several .jpg files of its sample"),
        "lone": ("unreadable", "image", "no such file: t.tar#lone.jpg"),
    }
    assert frame["row"].to_list()[-2:] == ["..%2F..%2Fout", "%2Fabs"]
    assert frame["image_member"].to_list()[-2:] == ["tar:../../out.jpg", "tar:/abs.jpg"]


@pytest.mark.parametrize(
    ("files", "field", "words"),
    [
        (
            {"a.jpg": b"", "a.txt": b"caf\xe9", "a.json": {}},
            "caption",
            "not UTF-8: byte 0xe9 at offset 3",
        ),
        (
            {"a.jpg": b"", "a.txt": b"ay", "a.json": b"{"},
            "licence",
            "no JSON: line 1, column 2: Expecting",
        ),
        (
            {"a.jpg": b"", "a.txt": b"ay", "a.json": b"\xff"},
            "licence",
            "not UTF-8: byte 0xff at offset 0",
        ),
        ({"a.jpg": b"", "a.txt": b"ay", "a.json": b"[" * 99999}, "licence", "no JSON: "),
    ],
)
def test_a_bad_text_is_its_sample_s_problem(
    tmp_path: Path, rows: Rows, files: dict[str, object], field: str, words: str
) -> None:
    shard(tmp_path / "t.tar", files)
    frame = rows("webdataset", BOTH, path="t.tar", image="jpg", caption="txt", licence="json.id")
    kind, of, detail = problems(frame)["a"]
    assert (kind, of) == ("unreadable", field)
    assert detail.startswith(words)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "t.tar: no sound tar archive: "),
        (b"\x1f\x8b\x08junk", "t.tar: compressed with gzip; members are read where they lie"),
        (b"\0" * 10240, "t.tar: has no file whose name is a key, a dot and an extension"),
    ],
)
def test_a_broken_shard_ends_the_build(tmp_path: Path, rows: Rows, data: bytes, words: str) -> None:
    (tmp_path / "t.tar").write_bytes(data)
    with pytest.raises(DataError) as caught:
        rows("webdataset", BOTH, path="t.tar", image="jpg")
    assert caught.value.message.startswith(words)


def test_no_shards(rows: Rows) -> None:
    with pytest.raises(DataError, match="there is no archive 't.tar'"):
        rows("webdataset", BOTH, path="t.tar", image="jpg")
    with pytest.raises(DataError, match=r"'\*.tar' matches no archive"):
        rows("webdataset", BOTH, path="*.tar", image="jpg")


def test_an_extension_that_no_sample_has(tmp_path: Path, rows: Rows) -> None:
    shard(tmp_path / "t.tar", {"a.jpg": png(), "b.jpg": png(), "a.cls": b"1"})
    with pytest.raises(DataError) as caught:
        rows("webdataset", BOTH, path="t.tar", image="jpg", caption=["txt", "json.text"])
    assert caught.value.message == "caption: no sample of 't.tar' has the extension txt or json"
    assert caught.value.hint == "extensions there: jpg, cls"


def test_a_linked_shard_is_not_followed_out(tmp_path: Path, rows: Rows) -> None:
    shard(tmp_path / "out.tar", {"a.jpg": png()})
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards/t.tar").symlink_to("../out.tar")
    with pytest.raises(DataError, match=r"the archive 't.tar' is refused: a link out"):
        rows("webdataset", BOTH, path="shards/*.tar", image="jpg")


def test_names_that_are_no_utf8_keep_their_row(tmp_path: Path, rows: Rows) -> None:
    with tarfile.open(tmp_path / "t.tar", "w", format=tarfile.GNU_FORMAT) as tar:
        tar.addfile(entry("caf\udce9.jpg", tarfile.REGTYPE))
    frame = rows("webdataset", BOTH, path="t.tar", image="jpg")
    (found,) = problems(frame).items()
    assert found == ("caf\\xe9", ("unreadable", "image", "the member's name is not UTF-8"))
