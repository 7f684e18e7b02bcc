"""Zip archives as folders: the same rows as unpacked, whichever source names the files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from curate.errors import DataError
from curate.pairs.media import read_media
from tests.sources.conftest import make_fields, png, problems

Rows = Callable[..., pl.DataFrame]
GIVEN = make_fields(image={"type": "image"}, caption={"type": "text"}, kind={"type": "metadata"})
FILES = {
    "birds/duck.png": png(1),
    "birds/duck.txt": b"a duck",
    "birds/sub/owl.png": png(2),
    "birds/sub/owl.txt": b"an owl\nfr=un hibou",
    "fish/carp.png": png(3),
    "fish/carp.txt": b"a carp",
    "__MACOSX/birds/._duck.png": b"litter",
}


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """The same files as a folder and as an archive."""
    for name, data in FILES.items():
        path = tmp_path / "plain" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return zipped(tmp_path / "packed.zip", FILES)


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return path


def contents(frame: pl.DataFrame) -> list[bytes]:
    return [read_media(*place) for place in frame.select("image_path", "image_member").iter_rows()]


@pytest.mark.usefixtures("packed")
@pytest.mark.parametrize("inside", ["", "/birds"])
def test_a_folder_that_is_packed(rows: Rows, inside: str) -> None:
    keys = {"image": "**/*.png", "caption": "{stem}.txt#1", "kind": "{parent0}"}
    plain = rows("folder", GIVEN, path=f"plain{inside}", **keys)
    found = rows("folder", GIVEN, path=f"packed.zip{inside}", **keys)
    places = ["image_path", "image_member"]
    assert found.drop(places).equals(plain.drop(places))
    assert contents(found) == contents(plain)
    assert plain.height == (2 if inside else 3)


@pytest.mark.usefixtures("packed")
def test_templates_and_slips_of_the_pen(rows: Rows) -> None:
    found = rows(
        "folder", GIVEN, path="packed.zip", image="**/owl.png", caption="{stem}.txt#fr", kind="x"
    )
    assert found["caption"].to_list() == ["un hibou"]
    with pytest.raises(DataError, match=r"'birds/sub' exists, '\*.gif' matches nothing there"):
        rows(
            "folder",
            GIVEN,
            path="packed.zip",
            image="birds/sub/*.gif",
            caption="{stem}.txt",
            kind="x",
        )
    with pytest.raises(DataError, match="beside it are: carp.png, carp.txt"):
        rows("folder", GIVEN, path="packed.zip/fish", image="*.png", caption="{stem}.srt", kind="x")


def test_names_that_lead_out(tmp_path: Path, rows: Rows) -> None:
    files = {
        "/etc/a.png": png(1),
        "../../b.png": png(2),
        "x/../../c.png": png(3),
        "./d.png": png(4),
    }
    zipped(tmp_path / "z.zip", {**files, "../no.txt": b"not asked for", "x\\..\\..\\e.png": png(5)})
    frame = rows("folder", make_fields(image={"type": "image"}), path="z.zip", image="**/*.png")
    why = "a path with '..'; only files below the source's folder are read"
    absolute = "an absolute path; only files below the source's folder are read"
    assert problems(frame) == {
        "%2Fetc%2Fa.png": ("refused", "image", absolute),
        "..%2F..%2Fb.png": ("refused", "image", why),
        "..%2Fc.png": ("refused", "image", why),
        "x%5C..%5C..%5Ce.png": ("refused", "image", why),
    }
    assert frame.filter(pl.col("problem").is_null())["row"].to_list() == ["d.png"]


def test_members_of_one_name_and_of_two_cases(tmp_path: Path, rows: Rows) -> None:
    files = {"a.png": png(1), "./a.png": png(2), "A.png": png(3)}
    zipped(tmp_path / "z.zip", files)
    frame = rows("folder", make_fields(image={"type": "image"}), path="z.zip", image="*.png")
    assert frame["row"].to_list() == ["A.png", "a.png"]
    assert problems(frame) == {
        "a.png": ("unreadable", "image", "one of several members that are called 'a.png'")
    }


def test_a_table_beside_archives(tmp_path: Path, packed: Path, rows: Rows) -> None:
    names = ["packed.zip/fish/carp.png", "packed.zip/fish/cod.png", "packed.zip/../../x", "t.csv/x"]
    table = ["file,text"] + [f"{name},words" for name in names]
    (tmp_path / "t.csv").write_text("\n".join(table))
    given = make_fields(image={"type": "image"}, caption={"type": "text"})
    frame = rows("csv", given, path="t.csv", image="file", caption="text")
    assert {key: detail for key, (_, _, detail) in problems(frame).items()} == {
        "1": "no such file: packed.zip/fish/cod.png",
        "2": "a path with '..'; only files below the source's folder are read",
        "3": "no such file: t.csv/x",
    }
    assert contents(frame[:1]) == [png(3)]


def test_an_archive_behind_a_link_out(tmp_path: Path, rows: Rows) -> None:
    zipped(tmp_path / "secret.zip", FILES)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/z.zip").symlink_to("../secret.zip")
    (tmp_path / "data/t.csv").write_text("file\nz.zip/fish/carp.png\n")
    frame = rows("csv", make_fields(image={"type": "image"}), path="data/t.csv", image="file")
    assert [detail for _, _, detail in problems(frame).values()] == [
        "a link out of the source's folder"
    ]


def test_images_of_coco(tmp_path: Path, rows: Rows) -> None:
    (tmp_path / "coco").mkdir()
    zipped(tmp_path / "coco/val2017.zip", {"val2017/7.png": png(7)})
    said = {
        "images": [{"id": 7, "file_name": "7.png"}],
        "annotations": [{"id": 1, "image_id": 7, "caption": "seven"}],
    }
    (tmp_path / "coco/captions.json").write_text(json.dumps(said))
    frame = rows(
        "coco",
        make_fields(image={"type": "image"}, caption={"type": "text"}),
        path="coco",
        file="captions.json",
        images="val2017.zip/val2017",
        image="file_name",
        caption="caption",
    )
    assert contents(frame) == [png(7)]


def test_damage(tmp_path: Path, packed: Path, rows: Rows) -> None:
    packed.write_bytes(packed.read_bytes()[:-30])
    words = "the folder 'packed.zip' cannot be read: no sound zip archive: File is not a zip file"
    with pytest.raises(DataError, match=words):
        rows("folder", GIVEN, path="packed.zip", image="**/*.png", caption="{stem}.txt", kind="x")
    (tmp_path / "t.csv").write_text("file\npacked.zip/a.png\n")
    frame = rows("csv", make_fields(image={"type": "image"}), path="t.csv", image="file")
    assert problems(frame) == {
        "0": ("unreadable", "image", "no sound zip archive: File is not a zip file")
    }


def test_lists_are_not_read_in_archives(tmp_path: Path, rows: Rows) -> None:
    zipped(tmp_path / "z.zip", {"t.csv": b"file\na.png\n"})
    with pytest.raises(DataError, match=r"the table 't.csv' lies in an archive"):
        rows("csv", make_fields(image={"type": "image"}), path="z.zip/*.csv", image="file")
