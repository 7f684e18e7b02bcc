"""Which container holds a film or a sound, by its first bytes, and whether all of it is there.

libav plays half a file without a word, so that wholeness is checked here, against the lengths that
containers state: boxes of MP4 and MOV (ISO 14496-12), elements of Matroska and WebM (RFC 8794),
chunks of AVI, the file size in ASF. MPEG program and transport streams state no length, so that
they are not read.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from curate.errors import Unreadable

BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
STILL = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")
SOUND = (b"M4A ", b"M4B ", b"M4P ")
EBML = b"\x1aE\xdf\xa3"
ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
ASF_BROADCAST = 1


def container_format(data: bytes) -> str | None:
    """MP4, MOV, M4A, WEBM, MKV, AVI or ASF; None for anything else."""
    if data[4:8] in BOXES and data[8:12] not in STILL:
        return _iso_format(data[8:12])
    if data.startswith(EBML):
        return "WEBM" if b"webm" in data[:64] else "MKV"
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "AVI"
    return "ASF" if data.startswith(ASF) else None


def check_container(data: bytes, form: str) -> None:
    """Raise `Unreadable` unless the file is as long as its container says."""
    _CHECKS[form](data)


def _iso_format(brand: bytes) -> str:
    if brand in SOUND:
        return "M4A"
    return "MOV" if brand == b"qt  " else "MP4"


def check_boxes(data: bytes) -> set[bytes]:
    """Raise `Unreadable` unless every box is there; their names."""
    at, names = 0, set()
    while at < len(data):
        length, name = _box(data, at)
        _require(data, at, length, f"box {name.decode('latin-1')}")
        names.add(name)
        at += length
    return names


def _check_iso(data: bytes) -> None:
    if b"moov" not in check_boxes(data):
        raise Unreadable("truncated or damaged: it has no index (box moov)")


def _box(data: bytes, at: int) -> tuple[int, bytes]:
    """Length and name of a box; a length of 0 means the rest of the file."""
    if at + 8 > len(data):
        raise Unreadable(f"truncated: a box begins {len(data) - at} bytes before the end")
    length, name = struct.unpack_from(">I4s", data, at)
    if length == 1 and at + 16 <= len(data):
        (length,) = struct.unpack_from(">Q", data, at + 8)
    elif length == 0:
        length = len(data) - at
    if length < 8:
        raise Unreadable(f"damaged: the box at byte {at} has no length")
    return length, name


def _check_elements(data: bytes) -> None:
    """The head and its segment; where a live recording left a segment open, the clusters in it."""
    at = 0
    while at < len(data):
        name, body, length = _element(data, at)
        if length is None:
            at = body
            continue
        _require(data, body, length, f"element {name:x}")
        at = body + length


def _element(data: bytes, at: int) -> tuple[int, int, int | None]:
    """Name, first byte of the content, and its length, None when it is left open."""
    name, after = _number(data, at, keep_marker=True)
    length, body = _number(data, after, keep_marker=False)
    return name, body, None if length == (1 << 7 * (body - after)) - 1 else length


def _number(data: bytes, at: int, keep_marker: bool) -> tuple[int, int]:
    """A number whose first byte's leading zeros tell how many bytes follow, and where it ends."""
    size = 9 - data[at].bit_length() if at < len(data) else 0
    if not 1 <= size <= 8 or at + size > len(data):
        raise Unreadable(f"truncated or damaged: no element begins at byte {at}")
    value = int.from_bytes(data[at : at + size])
    return (value if keep_marker else value & ~(1 << 7 * size)), at + size


def _check_chunks(data: bytes) -> None:
    at = 0
    while at + 8 <= len(data) and data[at : at + 4] == b"RIFF":
        (length,) = struct.unpack_from("<I", data, at + 4)
        _require(data, at + 8, length, "chunk RIFF")
        at += 8 + length + length % 2


def _check_asf(data: bytes) -> None:
    at = data.find(ASF_FILE)
    if at < 0 or at + 92 > len(data):
        raise Unreadable("truncated or damaged: it has no file properties")
    size, flags = struct.unpack_from("<Q", data, at + 40)[0], data[at + 88]
    if not flags & ASF_BROADCAST:
        _require(data, 0, size, "file")


def _require(data: bytes, at: int, length: int, what: str) -> None:
    there = len(data) - at
    if length > there:
        raise Unreadable(f"truncated: {there} of {length} bytes of the {what} are there")


_CHECKS: dict[str, Callable[[bytes], None]] = {
    "MP4": _check_iso,
    "MOV": _check_iso,
    "M4A": _check_iso,
    "WEBM": _check_elements,
    "MKV": _check_elements,
    "AVI": _check_chunks,
    "ASF": _check_asf,
}
