"""Folders: which rows there are, what belongs to them, and what is said when nothing does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import DataError
from curate.pairs.field import Fields
from curate.sources.folder import Folder
from tests.sources.conftest import assert_sound, make_fields, ogg, png, problems

Rows = Callable[..., pl.DataFrame]
PLAIN = {"path": "data", "image": "**/*.png", "caption": "{stem}.txt#1"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three birds and a fish: one without a caption, one spoken, one with a French name."""
    for name in ("birds/duck", "birds/wader/heron", "birds/crow", "fish/carp"):
        file = tmp_path / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".png").write_bytes(png())
    birds = tmp_path / "data/birds"
    (birds / "duck.txt").write_text("A duck.\nde=Eine Ente.\nfr.utf8=Un canard.\n")
    (birds / "wader/heron.txt").write_bytes(b"\xef\xbb\xbf  A heron. \r\nfr.utf8= \r\n")
    (tmp_path / "data/fish/carp.txt").write_text("A carp.")
    (birds / "duck_desc.ogg").write_bytes(ogg())
    return tmp_path / "data"


def test_rows_in_order_of_their_paths(data: Path, rows: Rows) -> None:
    frame = rows("folder", **PLAIN, speech="{stem}_desc.ogg", category="{parent0}")
    assert frame.select(
        "source", "row", "caption", "caption_uri", "speech_uri", "category"
    ).rows() == [
        ("src", "birds/crow.png", None, "birds/crow.txt#1", None, "birds"),
        ("src", "birds/duck.png", "A duck.", "birds/duck.txt#1", "birds/duck_desc.ogg", "birds"),
        ("src", "birds/wader/heron.png", "A heron.", "birds/wader/heron.txt#1", None, "birds"),
        ("src", "fish/carp.png", "A carp.", "fish/carp.txt#1", None, "fish"),
    ]
    assert Path(frame["image_path"][1]).read_bytes() == png()
    assert frame["image_member"].null_count() == 4
    assert problems(frame) == {
        "birds/crow.png": ("missing", "caption", "no text at birds/crow.txt#1")
    }


def test_columns_are_as_promised(data: Path, rows: Rows) -> None:
    assert rows("folder", **PLAIN, category="x").columns == [
        "source", "row", "image_uri", "image_path", "image_member", "caption", "caption_uri",
        "speech_uri", "speech_path", "speech_member", "speech_start", "speech_end", "category",
        "problem", "problem_field", "problem_detail",
    ]  # fmt: skip


def test_lines_keys_and_whole_files(data: Path, rows: Rows) -> None:
    given = make_fields(
        image={"type": "image"},
        whole={"type": "text", "optional": True},
        french={"type": "text", "optional": True},
        second={"type": "text", "optional": True},
    )
    frame = rows(
        "folder",
        given,
        path="data",
        image="**/*.png",
        whole="{stem}.txt",
        french="{stem}.txt#fr.utf8",
        second="{stem}.txt#2",
    ).filter(pl.col("row") != "fish/carp.png")
    assert frame["whole"].to_list() == [
        None,
        "A duck.\nde=Eine Ente.\nfr.utf8=Un canard.",
        "A heron. \r\nfr.utf8=",
    ]
    assert frame["french"].to_list() == [None, "Un canard.", None]
    assert frame["second"].to_list() == [None, "de=Eine Ente.", "fr.utf8="]
    assert problems(frame) == {}


def test_metadata_templates(data: Path, rows: Rows) -> None:
    given = make_fields(
        image={"type": "image"},
        **{key: {"type": "metadata"} for key in ("deep", "file", "place", "both", "note")},
    )
    frame = rows(
        "folder",
        given,
        path="data",
        image="birds/**/*.png",
        deep="{parent1}",
        file="{name} {stem}",
        place="{folder}: {path}",
        both="{parent0}-{parent1}",
        note="what? [a-z]*",
    )
    assert frame.select(given.keys() - {"image"}).select(
        sorted(given.keys() - {"image"})
    ).rows() == [
        (None, None, "crow.png crow", "what? [a-z]*", "birds: birds/crow.png"),
        (None, None, "duck.png duck", "what? [a-z]*", "birds: birds/duck.png"),
        (
            "birds-wader",
            "wader",
            "heron.png heron",
            "what? [a-z]*",
            "birds/wader: birds/wader/heron.png",
        ),
    ]


def test_templates_with_a_slash_start_at_the_source(tmp_path: Path, rows: Rows) -> None:
    for place in ("images/a/x.png", "texts/a/x.txt", "images/a/more/x.txt", "images/a/x.png.txt"):
        (tmp_path / "data" / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / place).write_bytes(png() if place.endswith("g") else place.encode())
    for template, found in [
        ("texts/{parent1}/{stem}.txt", "texts/a/x.txt"),
        ("{folder}/more/{stem}.txt", "images/a/more/x.txt"),
        ("{path}.txt", "images/a/x.png.txt"),
        ("{name}.txt", "images/a/x.png.txt"),
    ]:
        frame = rows("folder", path="data", image="images/*/*.png", caption=template)
        assert frame["caption"].to_list() == [found]
        assert frame["caption_uri"].to_list() == [found]


def test_a_list_of_globs(data: Path, rows: Rows) -> None:
    (data / "fish/eel.svg").write_text("<svg/>")
    frame = rows("folder", **PLAIN | {"image": ["fish/*.png", "**/*.svg", "**/*.gif"]})
    assert frame["row"].to_list() == ["fish/carp.png", "fish/eel.svg"]


def test_texts_can_make_the_rows(data: Path, rows: Rows) -> None:
    given = make_fields(caption={"type": "text"}, image={"type": "image", "optional": True})
    frame = rows("folder", given, path="data", caption="**/*.txt#1", image="{stem}.png")
    assert frame["row"].to_list() == ["birds/duck.txt", "birds/wader/heron.txt", "fish/carp.txt"]
    assert frame["caption_uri"][0] == "birds/duck.txt#1"
    assert frame["image_uri"][0] == "birds/duck.png"


def test_required_media_that_is_not_there(data: Path, rows: Rows) -> None:
    given = make_fields(image={"type": "image"}, speech={"type": "audio"})
    frame = rows("folder", given, path="data", image="birds/*.png", speech="{stem}_desc.ogg")
    assert problems(frame) == {
        "birds/crow.png": ("unreadable", "speech", "no such file: birds/crow_desc.ogg")
    }


def test_text_that_is_not_utf8(data: Path, rows: Rows) -> None:
    (data / "birds/crow.txt").write_bytes(b"Une corneille \xe0 t\xeate grise")
    given = make_fields(image={"type": "image"}, caption={"type": "text", "optional": True})
    frame = rows("folder", given, **PLAIN)
    assert problems(frame) == {
        "birds/crow.png": ("unreadable", "caption", "not UTF-8: byte 0xe0 at offset 14")
    }


@pytest.mark.parametrize("text", ["", " \n\t", "\n\nA crow"])
def test_an_empty_line_is_a_missing_text(text: str, data: Path, rows: Rows) -> None:
    (data / "birds/crow.txt").write_text(text)
    assert problems(rows("folder", **PLAIN))["birds/crow.png"][0] == "missing"


def test_hidden_files_are_only_found_by_their_dot(data: Path, rows: Rows) -> None:
    (data / "birds/._duck.png").write_bytes(b"litter")
    (data / ".cache").mkdir()
    (data / ".cache/x.png").write_bytes(png())
    assert len(rows("folder", **PLAIN)) == 4
    given = make_fields(image={"type": "image"})
    assert rows("folder", given, path="data", image=".cache/*.png")["row"].to_list() == [
        ".cache/x.png"
    ]


def test_nothing_matches_says_up_to_where(data: Path, rows: Rows) -> None:
    def words(pattern: str) -> str:
        with pytest.raises(DataError) as caught:
            rows("folder", **PLAIN | {"image": pattern})
        return caught.value.message.partition(". ")[2]

    assert words("birds/*.pgn") == (
        "'birds/*.pgn': 'birds' exists, '*.pgn' matches nothing there; "
        "4 other files: .png, .ogg, .txt"
    )
    assert words("brids/*.png") == (
        "'brids/*.png': the source's path exists, 'brids/*.png' matches nothing there; "
        "folders there: birds, fish"
    )
    assert words("**/*.PNG") == (
        "'**/*.PNG': the source's path and 3 more folders exist, '*.PNG' matches nothing there; "
        "8 other files: .png, .txt, .ogg"
    )
    assert words("birds/*/*/*.png").endswith(
        "'birds/wader' exists, '*/*.png' matches nothing there; no folder is there"
    )


def test_a_template_that_matches_nothing_is_a_slip(data: Path, rows: Rows) -> None:
    with pytest.raises(DataError) as caught:
        rows("folder", **PLAIN, speech="{stem}_disc.ogg")
    assert caught.value.message == (
        "speech: '{stem}_disc.ogg' matches nothing for any of 4 rows; for 'birds/crow.png' it means "
        "'birds/crow_disc.ogg', and beside it are: crow.png, duck.png, duck.txt, duck_desc.ogg"
    )


def test_no_such_folder(rows: Rows) -> None:
    with pytest.raises(DataError, match="the folder 'data' cannot be read: No such file"):
        rows("folder", **PLAIN)


@pytest.mark.parametrize(
    ("keys", "path", "words"),
    [
        ({"image": "a.png"}, (), "no field is bound to a glob"),
        ({"image": "*.png", "speech": "*.ogg"}, ("speech",), "'speech' is a glob, and so is"),
        ({"image": "*.png", "captoin": "x"}, ("captoin",), "neither a field"),
        ({"caption": "*.txt"}, (), "the field 'image' is not bound"),
        ({"image": "*.png", "caption": 3}, ("caption",), "bound to no text"),
        ({"image": []}, ("image",), "bound to no text"),
        ({"image": "*.png", "caption": "{stm}.txt"}, ("caption",), "unknown placeholder '{stm}'"),
        ({"image": "*.png", "category": "{parent}"}, ("category",), "unknown placeholder"),
        ({"image": "{parent0}/*.png"}, ("image",), "is a glob and cannot have placeholders"),
        ({"image": "../*.png"}, ("image",), "a path with '..'"),
        ({"image": "/data/*.png"}, ("image",), "an absolute path"),
        ({"image": "*.png", "caption": "../{stem}.txt"}, ("caption",), "a path with '..'"),
        ({"image": "*.png", "caption": ["a.txt", "b.txt"]}, ("caption",), "only globs may be"),
        ({"image": "*.png", "caption": "{stem}.txt#0"}, ("caption",), "lines count from 1"),
    ],
)
def test_objections(keys: dict[str, object], path: object, words: str, fields: Fields) -> None:
    required = {"image": "*.png", "caption": "{stem}.txt"} if "caption" not in keys else {}
    if words != "the field 'image' is not bound":
        keys = required | keys
    found = list(Folder.parse({"path": "data", **keys}).check(fields))
    assert any(words in each.message and each.path == path for each in found), found


def test_a_field_cannot_have_a_parameters_name() -> None:
    given = make_fields(path={"type": "image"})
    found = list(Folder.parse({"path": "*.png"}).check(given))
    assert "cannot name a field too" in found[0].message


def test_many_files_are_not_resolved_one_by_one(
    tmp_path: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(10):
        folder = tmp_path / "data" / f"{at:03}"
        folder.mkdir(parents=True)
        for each in range(100):
            (folder / f"{each}.png").touch()
            (folder / f"{each}.txt").write_text("A picture.")
    calls: list[str] = []
    resolve = os.path.realpath

    def counted(path: str) -> str:
        calls.append(path)
        return resolve(path)

    monkeypatch.setattr(os.path, "realpath", counted)
    assert len(rows("folder", **PLAIN)) == 1000
    assert len(calls) < 5


NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12
).filter(lambda name: name not in (".", "..") and len(name.encode()) < 100)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(NAMES, min_size=1, max_size=6, unique=True))
def test_every_file_is_one_row_whatever_its_name(names: list[str], tmp_path: Path) -> None:
    root = tmp_path / str(len(os.listdir(tmp_path)))
    root.mkdir()
    for name in names:
        (root / f"{name}.png").write_bytes(png())
    given = make_fields(image={"type": "image"})
    source = Folder.parse({"path": root.name, "image": ["*.png", ".*.png"]})
    frame = source.rows(given, tmp_path, "src")
    assert_sound(frame, tmp_path)
    assert sorted(frame["row"]) == sorted(f"{name}.png" for name in names)
    assert frame["problem"].null_count() == len(names)
