"""Paths that strangers write: nothing outside the source's folder is read, and no row is lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import DataError
from curate.sources.boundary import Boundary
from curate.sources.csv import Csv
from tests.sources.conftest import assert_sound, make_fields, png, problems

Rows = Callable[..., pl.DataFrame]
IMAGE = make_fields(image={"type": "image"})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data/sub").mkdir(parents=True)
    (tmp_path / "data/good.png").write_bytes(png())
    (tmp_path / "data/sub/deep.png").write_bytes(png())
    (tmp_path / "secret.png").write_bytes(png(1))
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/other.png").write_bytes(png(2))
    return tmp_path / "data"


def test_links_folders_and_pipes_in_a_folder(data: Path, rows: Rows) -> None:
    (data / "in.png").symlink_to("sub/deep.png")
    (data / "out.png").symlink_to(data.parent / "secret.png")
    (data / "up.png").symlink_to("../secret.png")
    (data / "loop.png").symlink_to("loop.png")
    (data / "gone.png").symlink_to("nothing.png")
    (data / "folder.png").mkdir()
    os.mkfifo(data / "pipe.png")
    (data / "linked").symlink_to(data.parent / "outside")
    (data / "inner").symlink_to("sub")
    (data / "round").symlink_to(".")
    frame = rows("folder", IMAGE, path="data", image="**/*.png")
    assert problems(frame) == {
        "out.png": ("refused", "image", "a link out of the source's folder"),
        "up.png": ("refused", "image", "a link out of the source's folder"),
        "loop.png": ("unreadable", "image", "Too many levels of symbolic links"),
        "gone.png": ("unreadable", "image", "a link to a file that is not there"),
        "folder.png": ("refused", "image", "a folder, not a regular file"),
        "pipe.png": ("refused", "image", "a pipe, not a regular file"),
        "linked": ("refused", "image", "a link to a folder outside the source's folder"),
    }
    fine = frame.filter(pl.col("problem").is_null())["row"].to_list()
    assert fine == ["good.png", "in.png", "sub/deep.png"]
    assert frame.filter(pl.col("problem").is_not_null())["image_path"].null_count() == 7


def test_a_companion_may_not_lead_out_either(data: Path, rows: Rows) -> None:
    given = make_fields(image={"type": "image"}, caption={"type": "text", "optional": True})
    (data.parent / "secret.txt").write_text("the secret")
    (data / "good.txt").symlink_to("../secret.txt")
    frame = rows("folder", given, path="data", image="*.png", caption="{stem}.txt")
    assert problems(frame) == {
        "good.png": ("refused", "caption", "a link out of the source's folder")
    }
    assert frame["caption"].to_list() == [None]


def test_a_companion_through_a_linked_folder(data: Path, rows: Rows) -> None:
    given = make_fields(image={"type": "image"}, caption={"type": "text", "optional": True})
    (data.parent / "outside/good.txt").write_text("the secret")
    (data / "texts").symlink_to("../outside")
    frame = rows("folder", given, path="data", image="*.png", caption="texts/{stem}.txt")
    assert problems(frame)["good.png"][0] == "refused"


def test_the_source_itself_may_be_a_link(data: Path, rows: Rows) -> None:
    (data.parent / "alias").symlink_to("data")
    frame = rows("folder", IMAGE, path="alias", image="**/*.png")
    assert frame["row"].to_list() == ["good.png", "sub/deep.png"]
    assert problems(frame) == {}


def test_names_that_are_no_utf8_keep_their_row(data: Path, rows: Rows) -> None:
    with open(os.path.join(os.fsencode(data), b"caf\xe9.png"), "wb") as file:
        file.write(png())
    frame = rows("folder", IMAGE, path="data", image="*.png")
    assert problems(frame) == {
        "caf\\xe9.png": ("unreadable", "image", "the file's name is not UTF-8")
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_listed(data: Path, rows: Rows) -> None:
    (data / "sub").chmod(0)
    frame = rows("folder", IMAGE, path="data", image="**/*.png")
    (data / "sub").chmod(0o755)
    assert problems(frame)["sub"][:2] == ("unreadable", "image")


@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("/etc/passwd", "refused", "an absolute path"),
        ("\\\\host\\share\\x.png", "refused", "an absolute path"),
        ("C:\\x.png", "refused", "an absolute path"),
        ("../secret.png", "refused", "a path with '..'"),
        ("sub/../../secret.png", "refused", "a path with '..'"),
        ("sub\\..\\..\\secret.png", "refused", "a path with '..'"),
        ("https://example.org/x.png", "refused", "a URL"),
        ("file:///etc/passwd", "refused", "a URL"),
        ("x\0.png", "refused", "a path with a NUL character"),
        ("sub", "refused", "a folder, not a regular file"),
        (".", "refused", "a folder, not a regular file"),
        ("out.png", "refused", "a link out of the source's folder"),
        ("linked/other.png", "refused", "a link out of the source's folder"),
        ("pipe.png", "refused", "a pipe, not a regular file"),
        ("loop.png", "unreadable", "Too many levels of symbolic links"),
        ("no.png", "unreadable", "no such file: no.png"),
        ("good.png/more.png", "unreadable", "no such file: good.png/more.png"),
        ("x" * 300 + ".png", "unreadable", "File name too long"),
    ],
)
def test_paths_in_a_table(path: str, kind: str, words: str, data: Path, rows: Rows) -> None:
    (data / "out.png").symlink_to("../secret.png")
    (data / "linked").symlink_to("../outside")
    (data / "loop.png").symlink_to("loop.png")
    os.mkfifo(data / "pipe.png")
    (data / "t.csv").write_text(f'file\n"{path}"\n./sub//deep.png\n', newline="")
    frame = rows("csv", IMAGE, path="data/t.csv", image="file")
    (found,) = problems(frame).values()
    assert found[:2] == (kind, "image")
    assert found[2].startswith(words)
    assert frame["image_uri"][1] == "sub/deep.png"


def test_an_optional_field_that_is_refused_is_still_a_problem(data: Path, rows: Rows) -> None:
    given = make_fields(image={"type": "image", "optional": True})
    (data / "t.csv").write_text('file\n../secret.png\n""\nno.png\n')
    frame = rows("csv", given, path="data/t.csv", image="file")
    assert frame["problem"].to_list() == ["refused", None, None]


def test_the_gravest_problem_is_the_one_that_is_told(data: Path, rows: Rows) -> None:
    given = make_fields(caption={"type": "text"}, a={"type": "image"}, b={"type": "image"})
    (data / "t.csv").write_text(",a,b\n,no.png,../x\n,no.png,no2.png\n,good.png,good.png\n")
    (data / "t.csv").write_text(
        "caption,a,b\n,no.png,../x\n,no.png,no2.png\n,good.png,good.png\nx,good.png,good.png\n"
    )
    frame = rows("csv", given, path="data/t.csv", caption="caption", a="a", b="b")
    assert frame.select("problem", "problem_field").rows() == [
        ("refused", "b"),
        ("unreadable", "a"),
        ("missing", "caption"),
        (None, None),
    ]


def test_tables_of_a_glob_may_not_be_links_out(data: Path, rows: Rows) -> None:
    (data.parent / "t.csv").write_text("file\ngood.png\n")
    (data / "t.csv").symlink_to("../t.csv")
    with pytest.raises(DataError, match=r"the table 't.csv' is refused: a link out"):
        rows("csv", IMAGE, path="data/*.csv", image="file")


PARTS = st.sampled_from(["..", ".", "", "a", "sub", "good.png", "/", "\\", "~", "C:", "\0", "é"])


@given(st.lists(PARTS, max_size=6).map("/".join))
def test_whatever_is_located_lies_inside(path: str) -> None:
    root = Path("/usr/share")
    cell = Boundary(root).locate(path)
    if cell.path is not None:
        assert os.path.realpath(cell.path).startswith(os.path.realpath(root) + "/")
        assert os.path.isfile(cell.path)
    assert cell.uri is None or not cell.uri.startswith(("/", ".."))


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(paths=st.lists(st.one_of(st.text(max_size=20), PARTS), min_size=1, max_size=5))
def test_every_row_of_a_table_is_kept(paths: list[str], tmp_path: Path) -> None:
    import csv

    with (tmp_path / "t.csv").open("w", newline="", encoding="utf-8", errors="replace") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([["file"], *([path] for path in paths)])
    source = Csv.parse({"path": "t.csv", "image": "file"})
    frame = source.rows(IMAGE, tmp_path, "src")
    assert_sound(frame, tmp_path)
    assert frame["row"].to_list() == [str(at) for at in range(len(paths))]
