"""Members of tar archives: read where they lie, whatever their names say; damage, links, devices."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import Unreadable
from curate.pairs.media import read_media
from curate.pairs.tar import members

FILES = {"a.jpg": b"one", "deep/b.jpg": b"two" * 700, "empty.txt": b"", "x" * 200 + ".jpg": b"long"}
FORMATS = {"gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def archive(path: Path, files: Mapping[str, bytes], form: int = tarfile.PAX_FORMAT) -> str:
    with tarfile.open(path, "w", format=form) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return str(path)


def entry(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize("form", ["gnu", "pax"])
def test_members(tmp_path: Path, form: str) -> None:
    path = archive(tmp_path / "t.tar", FILES, FORMATS[form])
    assert [member.name for member in members(path)] == list(FILES)
    for name in reversed(FILES):
        assert read_media(path, f"tar:{name}") == FILES[name]


def test_folders_are_no_members(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.jpg").write_bytes(b"x")
    with tarfile.open(tmp_path / "t.tar", "w") as tar:
        tar.add(tmp_path / "d", "d")
    assert [member.name for member in members(str(tmp_path / "t.tar"))] == ["d/a.jpg"]


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../../secret", "a/../../b", "C:\\x", "..", "tar:x"]
)
def test_names_are_only_names(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "t.tar", {name: b"inside"})
    assert read_media(path, f"tar:{name}") == b"inside"


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (entry("x", tarfile.SYMTYPE, "/etc/passwd"), "a link, not a regular file"),
        (entry("x", tarfile.LNKTYPE, "a.jpg"), "a link, not a regular file"),
        (entry("x", tarfile.CHRTYPE), "a device, not a regular file"),
        (entry("x", tarfile.FIFOTYPE), "a device, not a regular file"),
        (entry("x", tarfile.GNUTYPE_SPARSE), "a sparse member, not a regular file"),
    ],
)
def test_what_is_no_file_is_not_read(tmp_path: Path, member: tarfile.TarInfo, words: str) -> None:
    with tarfile.open(tmp_path / "t.tar", "w") as tar:
        tar.addfile(entry("a.jpg", tarfile.REGTYPE))
        tar.addfile(member)
    (found,) = [each for each in members(str(tmp_path / "t.tar")) if each.name == "x"]
    assert (found.problem, found.regular) == (words, False)
    with pytest.raises(Unreadable, match=words):
        read_media(str(tmp_path / "t.tar"), "tar:x")


def test_sparse_members_as_tar_writes_them(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": "1099511627776"}
    info.size = 1
    with tarfile.open(tmp_path / "t.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(Unreadable, match="a sparse member"):
        read_media(str(tmp_path / "t.tar"), "tar:x")


def test_a_name_twice_is_neither(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t.tar", "w") as tar:
        for _ in range(2):
            tar.addfile(entry("x", tarfile.REGTYPE))
    with pytest.raises(Unreadable, match="one of 2 members of this name"):
        read_media(str(tmp_path / "t.tar"), "tar:x")


def test_a_member_that_is_not_there(tmp_path: Path) -> None:
    path = archive(tmp_path / "t.tar", FILES)
    with pytest.raises(Unreadable, match="the archive has no member 'b.jpg'"):
        read_media(path, "tar:b.jpg")


def test_compressed_archives_say_so(tmp_path: Path) -> None:
    path = archive(tmp_path / "t.tar", FILES)
    (tmp_path / "t.tar.gz").write_bytes(gzip.compress(Path(path).read_bytes()))
    with pytest.raises(Unreadable, match="compressed with gzip; members are read where they lie"):
        members(str(tmp_path / "t.tar.gz"))


@pytest.mark.parametrize("kept", [0, 100, 512 + 1, 1024 + 512, 1024 + 512 + 600])
def test_a_truncated_archive_is_not_half_read(tmp_path: Path, kept: int) -> None:
    path = Path(archive(tmp_path / "t.tar", FILES))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(Unreadable, match="no sound tar archive"):
        members(str(path))


def test_damage_between_members_is_not_the_end(tmp_path: Path) -> None:
    path = Path(archive(tmp_path / "t.tar", FILES))
    data = bytearray(path.read_bytes())
    data[1024:1030] = b"\xff" * 6
    path.write_bytes(data)
    with pytest.raises(Unreadable, match="no header at offset 1024"):
        members(str(path))


def test_a_size_below_nothing_does_not_lead_in_a_circle(tmp_path: Path) -> None:
    path = Path(archive(tmp_path / "t.tar", {"a": b"x", "b": b"y"}))
    data = bytearray(path.read_bytes())
    data[1024 + 124 : 1024 + 136] = b"\xff" * 10 + (-1024).to_bytes(2, "big", signed=True)
    checked = data[1024:1536]
    checked[148:156] = b" " * 8
    data[1024 + 148 : 1024 + 156] = f"{sum(checked):06o}\0 ".encode()
    path.write_bytes(data)
    with pytest.raises(Unreadable, match="no sound tar archive"):
        members(str(path))


def test_a_changed_archive_is_read_anew(tmp_path: Path) -> None:
    path = archive(tmp_path / "t.tar", {"x": b"old"})
    assert read_media(path, "tar:x") == b"old"
    archive(tmp_path / "t.tar", {"y": b"", "x": b"new and more"})
    os.utime(path, (1, 1))
    assert read_media(path, "tar:x") == b"new and more"


@given(st.binary(max_size=700), st.integers(0, 9 * 512))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_damage_is_a_reading_or_an_error(tmp_path: Path, noise: bytes, at: int) -> None:
    path = Path(archive(tmp_path / "t.tar", FILES))
    data = path.read_bytes()
    path.write_bytes(data[:at] + noise + data[at + len(noise) :])
    os.utime(path, ns=(0, at * 1000 + hash(noise) % 1000))
    try:
        found = members(str(path))
    except Unreadable:
        return
    for member in found:
        with suppress(Unreadable):
            read_media(str(path), f"tar:{member.name}")
