"""Finds the members of a zip archive, so that each can be read where it lies (PKWARE, APPNOTE 6.3).

Nothing is ever unpacked to a disk: a member's name is only a name, wherever it seems to lead. Links,
devices, members under a password or another compression than deflate, members that share bytes with
others, and small ones that claim to be huge are told apart from files that can be read.
"""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from curate.errors import Unreadable
from curate.pairs.opened import opened

_MAGIC, _EMPTY = b"PK\3\4", b"PK\5\6"
LARGEST = 64 << 20
"""Bytes of the largest member that may be packed to less than a hundredth."""
LONGEST, DEEPEST = 4096, 64
"""Characters of a name, and the folders in it: a short list of deep names fills any memory."""
_RATIO = 100
_HEADER = Struct("<4s22xHH")
"""Of one member: its magic, and the lengths of its name and of what else comes before its bytes."""
_ENCRYPTED = 0x1


class Packed(NamedTuple):
    """One entry of an archive that is no folder."""

    name: str
    offset: int
    """Where its header begins."""
    size: int
    packed: int
    """Bytes in the archive."""
    method: int
    checksum: int
    problem: str | None = None
    """Null, or why it cannot be read."""
    regular: bool = True
    """Whether it is a file at all."""


def is_zip(path: str) -> bool:
    """Whether a file begins as zip archives do; raises `Unreadable` and `OSError`."""
    with opened(path, links=True) as file:
        return file.read(4) in (_MAGIC, _EMPTY)


def members(path: str) -> tuple[Packed, ...]:
    """All members but folders, in their order."""
    return _members(path, os.stat(path).st_mtime_ns)


def read_member(path: str, name: str) -> bytes:
    """The bytes of the member of this name, whose checksum they have."""
    found = _by_name(path, os.stat(path).st_mtime_ns).get(name)
    if found is None:
        raise Unreadable(f"the archive has no member '{name}'")
    if found.problem:
        raise Unreadable(found.problem)
    data = _unpacked(found, _stored(path, found))
    if len(data) != found.size or zlib.crc32(data) != found.checksum:
        raise Unreadable("the member's bytes are not those that its checksum is of")
    return data


def _stored(path: str, member: Packed) -> bytes:
    """As they lie in the archive."""
    with opened(path, links=True) as file:
        file.seek(member.offset)
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size or not header.startswith(_MAGIC):
            raise Unreadable("the archive has no member where its directory says")
        _, name, extra = _HEADER.unpack(header)
        file.seek(name + extra, os.SEEK_CUR)
        return file.read(member.packed)


def _unpacked(member: Packed, data: bytes) -> bytes:
    if member.method == zipfile.ZIP_STORED:
        return data
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, member.size + 1)
    except zlib.error as error:
        raise Unreadable(f"the member cannot be unpacked: {error}") from None


@lru_cache(maxsize=64)
def _by_name(path: str, changed: int) -> dict[str, Packed]:
    return {member.name: member for member in _members(path, changed)}


@lru_cache(maxsize=4)
def _members(path: str, _changed: int) -> tuple[Packed, ...]:
    with opened(path, links=True) as file:
        length = os.fstat(file.fileno()).st_size
        try:
            with zipfile.ZipFile(file) as archive:
                found = [each for each in archive.infolist() if not each.filename.endswith("/")]
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
            raise Unreadable(f"no sound zip archive: {error}") from None
    for each in found:
        if len(each.filename) > LONGEST or each.filename.count("/") > DEEPEST:
            raise Unreadable("no sound zip archive: the name of a member is too long or too deep")
    names = Counter(each.filename for each in found)
    shared = _shared(found)
    return tuple(_packed(each, length, names[each.filename], each in shared) for each in found)


def _shared(found: Iterable[zipfile.ZipInfo]) -> set[zipfile.ZipInfo]:
    """Members that begin before another ends: how small archives hold what no disk does (Fifield,
    A better zip bomb, WOOT 2019).
    """
    shared, last = set(), None
    end = 0
    for each in sorted(found, key=lambda each: each.header_offset):
        if last is not None and each.header_offset < end:
            shared |= {last, each}
        reach = each.header_offset + _HEADER.size + each.compress_size
        if reach >= end:
            last, end = each, reach
    return shared


def _packed(info: zipfile.ZipInfo, length: int, namesakes: int, shared: bool) -> Packed:
    size, packed = info.file_size, info.compress_size
    member = Packed(info.filename, info.header_offset, size, packed, info.compress_type, info.CRC)
    if kind := _kind(info.external_attr >> 16):
        return member._replace(problem=f"{kind}, not a regular file", regular=False)
    problem = None
    if namesakes > 1:
        problem = f"one of {namesakes} members of this name"
    elif info.flag_bits & _ENCRYPTED:
        problem = "under a password"
    elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        problem = f"packed by method {info.compress_type}; only deflate is read"
    elif not 0 <= info.header_offset <= length - packed:
        problem = "the archive ends within the member"
    elif shared:
        problem = "it shares bytes with another member"
    elif size > LARGEST and size > _RATIO * packed:
        problem = f"{size:,} bytes that are packed to {packed:,}"
    return member._replace(problem=problem)


def _kind(mode: int) -> str | None:
    """What a member is that has no bytes of its own, in words; archives may not say."""
    if stat.S_ISLNK(mode):
        return "a link"
    return None if stat.S_IFMT(mode) in (0, stat.S_IFREG) else "a device"
