"""TIFF without what it says beside its pixels: fields and what they point at, blanked where they lie.

Directories as TIFF 6.0 (1992) has them. Nothing is moved, so that strips and tiles stay where their
offsets say; a directory with fewer fields is written over the old one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from curate.pairs.bare import Parts

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_DIRECTORIES = {34665: "exif", 34853: "gps"}
_KINDS = {
    269: "comment",  # document name
    270: "comment",  # description
    271: "exif",  # maker of the camera
    272: "exif",  # its model
    285: "comment",  # page name
    305: "exif",  # software
    306: "time",
    315: "exif",  # artist
    316: "exif",  # host
    700: "xmp",
    33432: "exif",  # copyright
    33723: "iptc",
    34377: "iptc",  # Photoshop
    37724: "other",  # layers of Photoshop, with their names
    42016: "other",  # a picture's own id
    42112: "comment",  # GDAL
}
_THUMBNAIL_PAGE = 1
"""The bit of NewSubfileType that says a page is a small copy of another."""
_SUBFILE, _SUBDIRECTORIES = 254, 330
_PIXELS = {273: 279, 324: 325, 513: 514}
"""Fields that say where pixels lie, and those that say how many bytes they take."""


@dataclass(frozen=True)
class _Entry:
    raw: bytes
    tag: int
    kind: int
    count: int
    place: int
    """Where the value lies."""
    length: int

    def values(self, data: bytes, order: str) -> tuple[int, ...]:
        letter = {1: "B", 3: "H", 4: "I", 13: "I"}.get(self.kind)
        if letter is None:
            return ()
        return struct.unpack_from(f"{order}{self.count}{letter}", data, self.place)


def tiff(data: bytes, parts: Parts) -> bytes:
    order = "<" if data[:2] == b"II" else ">"
    told = bytearray(data)
    at, seen, previous = struct.unpack_from(f"{order}I", data, 4)[0], set[int](), 4
    while at and at not in seen:
        seen.add(at)
        entries, following = _directory(data, at, order)
        if previous != 4 and _is_thumbnail(entries, data, order):
            parts.takes("thumbnail")
            _blank_page(told, data, at, entries, order)
            struct.pack_into(f"{order}I", told, previous, following)
        else:
            previous = _rewrite(told, data, at, entries, following, order, parts)
        at = following
    return bytes(told) if parts.gone else data


def _directory(data: bytes, at: int, order: str) -> tuple[list[_Entry], int]:
    (count,) = struct.unpack_from(f"{order}H", data, at)
    if at + 6 + 12 * count > len(data):
        raise ValueError(f"the directory at byte {at} is cut off")
    entries = [_entry(data, at + 2 + 12 * number, order) for number in range(count)]
    return entries, struct.unpack_from(f"{order}I", data, at + 2 + 12 * count)[0]


def _entry(data: bytes, at: int, order: str) -> _Entry:
    tag, kind, count = struct.unpack_from(f"{order}HHI", data, at)
    length = _SIZES.get(kind, 1) * count
    place = at + 8 if length <= 4 else struct.unpack_from(f"{order}I", data, at + 8)[0]
    if place + length > len(data):
        raise ValueError(f"the value of field {tag} lies behind the end")
    return _Entry(data[at : at + 12], tag, kind, count, place, length)


def _rewrite(
    told: bytearray,
    data: bytes,
    at: int,
    entries: list[_Entry],
    following: int,
    order: str,
    parts: Parts,
) -> int:
    """Write a directory without the fields that go; where its link to the next one stands."""
    stay = [entry for entry in entries if not _goes(entry, data, parts)]
    for entry in entries:
        if entry not in stay:
            _blank(told, data, entry, order)
    written = struct.pack(f"{order}H", len(stay)) + b"".join(entry.raw for entry in stay)
    written += struct.pack(f"{order}I", following)
    end = at + 6 + 12 * len(entries)
    told[at:end] = written.ljust(end - at, b"\0")
    return at + len(written) - 4


def _goes(entry: _Entry, data: bytes, parts: Parts) -> bool:
    if entry.tag in _DIRECTORIES:
        parts.takes("exif")
        return parts.takes(_DIRECTORIES[entry.tag])
    kind = _KINDS.get(entry.tag)
    if kind == "xmp":
        return parts.takes_xmp(data[entry.place : entry.place + entry.length])
    return kind is not None and parts.takes(kind)


def _blank(told: bytearray, data: bytes, entry: _Entry, order: str) -> None:
    """Overwrite a value, and all that a directory within it holds."""
    if entry.tag in _DIRECTORIES:
        for place in entry.values(data, order):
            inner, _ = _directory(data, place, order)
            for each in inner:
                _blank(told, data, each, order)
            told[place : place + 6 + 12 * len(inner)] = bytes(6 + 12 * len(inner))
    told[entry.place : entry.place + entry.length] = bytes(entry.length)


def _is_thumbnail(entries: list[_Entry], data: bytes, order: str) -> bool:
    flags = next((e.values(data, order) for e in entries if e.tag == _SUBFILE), (0,))
    return bool(flags and flags[0] & _THUMBNAIL_PAGE)


def _blank_page(told: bytearray, data: bytes, at: int, entries: list[_Entry], order: str) -> None:
    """Overwrite a page with its pixels."""
    for start, length in _strips(entries, data, order):
        told[start : start + length] = bytes(len(data[start : start + length]))
    for entry in entries:
        _blank(told, data, entry, order)
    told[at : at + 6 + 12 * len(entries)] = bytes(6 + 12 * len(entries))


def _strips(entries: list[_Entry], data: bytes, order: str) -> Iterator[tuple[int, int]]:
    by_tag = {entry.tag: entry.values(data, order) for entry in entries}
    for starts, lengths in _PIXELS.items():
        yield from zip(by_tag.get(starts, ()), by_tag.get(lengths, ()), strict=False)
