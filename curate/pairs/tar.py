"""Finds the members of a tar archive, so that each can be read where it lies.

Nothing is ever unpacked: a member's name is only a name, wherever it seems to lead. Links, devices
and sparse members have no bytes of their own and are told apart from files. An archive that is
damaged anywhere is unreadable as a whole, for nobody could say what it lacks.
"""

from __future__ import annotations

import os
import tarfile
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from curate.errors import Unreadable
from curate.pairs.opened import opened

MAGICS = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
BLOCK = 512


class Member(NamedTuple):
    """One entry of an archive that is no folder."""

    name: str
    offset: int
    size: int
    problem: str | None = None
    """Null, or why it cannot be read."""
    regular: bool = True
    """Whether it is a file at all."""


def members(path: str) -> tuple[Member, ...]:
    """All members but folders, in their order."""
    return _members(path, os.stat(path).st_mtime_ns)


def read_member(path: str, name: str) -> bytes:
    """The bytes of the member of this name."""
    found = _by_name(path, os.stat(path).st_mtime_ns).get(name)
    if found is None:
        raise Unreadable(f"the archive has no member '{name}'")
    if found.problem:
        raise Unreadable(found.problem)
    with opened(path, links=True) as file:
        file.seek(found.offset)
        data = file.read(found.size)
    if len(data) != found.size:
        raise Unreadable("the archive ends within the member")
    return data


@lru_cache(maxsize=64)
def _by_name(path: str, changed: int) -> dict[str, Member]:
    return {member.name: member for member in _members(path, changed)}


@lru_cache(maxsize=4)
def _members(path: str, _changed: int) -> tuple[Member, ...]:
    with opened(path, links=True) as file:
        _refuse_compressed(file.read(6))
        file.seek(0)
        length = os.fstat(file.fileno()).st_size
        try:
            found, end = _headers(file)
        except (tarfile.TarError, ValueError, OverflowError, EOFError, RecursionError) as error:
            raise Unreadable(f"no sound tar archive: {error}") from None
        file.seek(end)
        if file.read(BLOCK).strip(b"\0"):
            raise Unreadable(f"no sound tar archive: no header at offset {end}")
    return _told_apart([_member(info, length) for info in found])


def _refuse_compressed(start: bytes) -> None:
    for magic, name in MAGICS.items():
        if start.startswith(magic):
            raise Unreadable(f"compressed with {name}; members are read where they lie: unpack it")


def _headers(file: BinaryIO) -> tuple[list[tarfile.TarInfo], int]:
    """All entries but folders, and where the archive's last header ends."""
    found, end = [], 0
    with tarfile.open(fileobj=file, mode="r:") as archive:
        for info in archive:
            if archive.offset <= end:  # a size below nothing would lead in a circle
                raise tarfile.ReadError("a member ends before it begins")
            end = archive.offset
            if not info.isdir():
                found.append(info)
        return found, archive.offset


def _member(info: tarfile.TarInfo, length: int) -> Member:
    if kind := _kind(info):
        return Member(info.name, info.offset_data, 0, f"{kind}, not a regular file", regular=False)
    sound = 0 <= info.size <= length - info.offset_data
    problem = None if sound else "the archive ends within the member"
    return Member(info.name, info.offset_data, info.size, problem)


def _kind(info: tarfile.TarInfo) -> str | None:
    """What a member is that has no bytes of its own, in words."""
    if info.issparse():
        return "a sparse member"
    if info.islnk() or info.issym():
        return "a link"
    return None if info.isreg() else "a device"


def _told_apart(found: list[Member]) -> tuple[Member, ...]:
    """Names that stand for several members stand for none of them."""
    seen: dict[str, int] = {}
    for member in found:
        seen[member.name] = seen.get(member.name, 0) + 1
    return tuple(
        member._replace(problem=f"one of {seen[member.name]} members of this name")
        if seen[member.name] > 1
        else member
        for member in found
    )
