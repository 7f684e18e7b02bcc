"""Members of zip archives: read where they lie, whatever their names say; damage, bombs, links."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import Unreadable
from curate.pairs.media import read_media
from curate.pairs.zip import members

FILES = {"a.jpg": b"one", "deep/b.jpg": b"two" * 700, "empty.txt": b"", "müsli/ä.txt": b"long"}
METHODS = {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED}


def archive(path: Path, files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> str:
    with zipfile.ZipFile(path, "w", method) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return str(path)


def problem(path: str, name: str) -> str | None:
    (found,) = {member.problem for member in members(path) if member.name == name}
    with pytest.raises(Unreadable):
        read_media(path, f"zip:{name}")
    return found


@pytest.mark.parametrize("method", METHODS)
def test_members(tmp_path: Path, method: str) -> None:
    path = archive(tmp_path / "z.zip", FILES, METHODS[method])
    assert [member.name for member in members(path)] == list(FILES)
    for name in reversed(FILES):
        assert read_media(path, f"zip:{name}") == FILES[name]


def test_an_archive_behind_another_file(tmp_path: Path) -> None:
    """As archives that unpack themselves have a program before them."""
    inner = Path(archive(tmp_path / "z.zip", FILES)).read_bytes()
    (tmp_path / "program").write_bytes(b"\x7fELF" * 100 + inner)
    assert read_media(str(tmp_path / "program"), "zip:deep/b.jpg") == FILES["deep/b.jpg"]


def test_more_than_65535_members(tmp_path: Path) -> None:
    path = archive(tmp_path / "z.zip", {f"{at}": b"x" for at in range(66_000)})
    assert len(members(path)) == 66_000
    assert read_media(path, "zip:65999") == b"x"


@pytest.mark.parametrize("name", ["/etc/passwd", "../../secret", "a/../../b", "C:\\x", ".."])
def test_names_are_only_names(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "z.zip", {name: b"inside"})
    assert read_media(path, f"zip:{name}") == b"inside"


@pytest.mark.parametrize(
    ("mode", "words"),
    [(stat.S_IFLNK, "a link"), (stat.S_IFCHR, "a device"), (stat.S_IFIFO, "a device")],
)
def test_what_is_no_file_is_not_read(tmp_path: Path, mode: int, words: str) -> None:
    info = zipfile.ZipInfo("x")
    info.external_attr = (mode | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as made:
        made.writestr(info, "/etc/passwd")
    assert problem(str(tmp_path / "z.zip"), "x") == f"{words}, not a regular file"
    assert [member.regular for member in members(str(tmp_path / "z.zip"))] == [False]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as made:
        made.writestr("a", "1")
        made.writestr("a", "2")
    assert problem(str(tmp_path / "z.zip"), "a") == "one of 2 members of this name"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods(tmp_path: Path, method: int) -> None:
    path = archive(tmp_path / "z.zip", {"a": b"x" * 99}, method)
    assert problem(path, "a") == f"packed by method {method}; only deflate is read"


def test_a_password(tmp_path: Path) -> None:
    path = archive(tmp_path / "z.zip", {"a": b"x"})
    turned(path, b"PK\1\2", 8, 1)
    assert problem(path, "a") == "under a password"


def test_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made, made.open("a", "w") as file:
        for _ in range(80):
            file.write(bytes(1 << 20))
    said = problem(str(path), "a")
    assert said
    assert re.fullmatch(r"83,886,080 bytes that are packed to 81,\d{3}", said)


def test_members_that_share_bytes(tmp_path: Path) -> None:
    """As a bomb of 42 kB holds 5 GB: many entries of one kernel."""
    path = archive(tmp_path / "z.zip", {"a": b"x" * 99, "b": b"y" * 99, "c": b"z" * 99})
    data = bytearray(Path(path).read_bytes())
    first = data.index(b"PK\1\2")
    second = data.index(b"PK\1\2", first + 1)
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    Path(path).write_bytes(data)
    assert problem(path, "a") == problem(path, "b") == "it shares bytes with another member"
    assert read_media(path, "zip:c") == b"z" * 99


def test_a_size_that_is_a_lie(tmp_path: Path) -> None:
    """No more is unpacked than the directory says."""
    path = archive(tmp_path / "z.zip", {"a": bytes(1 << 20)})
    turned(path, b"PK\1\2", 24, *struct.pack("<I", 100))
    with pytest.raises(Unreadable, match="not those that its checksum is of"):
        read_media(path, "zip:a")


def test_damage_within_a_member(tmp_path: Path) -> None:
    path = archive(tmp_path / "z.zip", {"a": b"abcdefgh", "b": b"sound"}, zipfile.ZIP_STORED)
    turned(path, b"abcdefgh", 3, 0)
    with pytest.raises(Unreadable, match="not those that its checksum is of"):
        read_media(path, "zip:a")
    assert read_media(path, "zip:b") == b"sound"


@pytest.mark.parametrize("name", ["x" * 4097, "a/" * 65 + "b"])
def test_names_that_no_disk_has(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "z.zip", {name: b"x"})
    with pytest.raises(Unreadable, match="too long or too deep"):
        members(path)


def test_half_an_archive(tmp_path: Path) -> None:
    path = archive(tmp_path / "z.zip", FILES)
    Path(path).write_bytes(Path(path).read_bytes()[:-30])
    with pytest.raises(Unreadable, match="no sound zip archive: File is not a zip file"):
        members(path)


@given(
    harm=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6)
)
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_damage_is_unreadable_or_the_same(tmp_path: Path, harm: list[tuple[int, int]]) -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in FILES.items():
            made.writestr(name, data)
    harmed = bytearray(out.getvalue())
    for at, value in harm:
        harmed[at % len(harmed)] = value
    path = tmp_path / f"{hash(bytes(harmed))}.zip"
    path.write_bytes(harmed)
    with suppress(Unreadable):
        for member in members(str(path)):
            with suppress(Unreadable):
                assert read_media(str(path), f"zip:{member.name}") in FILES.values()


def turned(path: str, mark: bytes, at: int, *values: int) -> None:
    """Other bytes behind the first mark."""
    data = bytearray(Path(path).read_bytes())
    start = data.index(mark) + at
    data[start : start + len(values)] = bytes(values)
    Path(path).write_bytes(data)
