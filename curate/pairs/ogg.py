"""Whether an OGG file is whole. libsndfile is content with half of one, or with holes in it.

An OGG stream is a row of pages; each carries a checksum, a number in its stream, and the last one
of a stream says that it is the last.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from curate.errors import Unreadable

HEADER = 27
LAST = 4
MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def check_ogg(data: bytes) -> None:
    """Raise `Unreadable` unless every page is there, unchanged and in order, up to the last."""
    numbers: dict[int, int] = {}
    open_streams: set[int] = set()
    for page in _pages(data):
        flags, (stream, number) = page[5], struct.unpack_from("<II", page, 14)
        if number != numbers.get(stream, number - 1) + 1:
            raise Unreadable(f"the OGG stream lacks pages before page {number}")
        numbers[stream] = number
        (open_streams.discard if flags & LAST else open_streams.add)(stream)
    if open_streams or not numbers:
        raise Unreadable("the OGG stream is truncated: its last page is not there")


def _pages(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        if not data.startswith(b"OggS", at):
            raise Unreadable(f"the OGG stream is damaged: no page begins at byte {at}")
        page = data[at : at + _length(data, at)]
        if len(page) < _length(data, at):
            raise Unreadable(f"the OGG stream is truncated in the page at byte {at}")
        if _checksum(page) != struct.unpack_from("<I", page, 22)[0]:
            raise Unreadable(f"the OGG stream is damaged in the page at byte {at}")
        yield page
        at += len(page)


def _length(data: bytes, at: int) -> int:
    segments = data[at + HEADER - 1] if at + HEADER <= len(data) else 0
    return HEADER + segments + sum(data[at + HEADER : at + HEADER + segments])


def _checksum(page: bytes) -> int:
    """OGG's CRC-32 runs from the highest bit; zlib's, on mirrored bytes, gives it mirrored."""
    mirrored = (page[:22] + b"\0\0\0\0" + page[26:]).translate(MIRROR)
    value = zlib.crc32(mirrored, 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{value:032b}"[::-1], 2)
