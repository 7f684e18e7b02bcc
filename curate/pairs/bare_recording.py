"""WAV, FLAC, MP3, and MP4 with its relatives (MOV, M4A, AVIF), without what they say of themselves.

In files of boxes nothing is moved, since the index points at bytes: a box that goes becomes free
space of its length, a still picture's EXIF is overwritten where it lies. A track of places that a
camera recorded beside the film is a track like others, and stays.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from curate.pairs.bare import Parts
from curate.pairs.bare_picture import riff, riff_chunks
from curate.pairs.exif import kept, turned
from curate.pairs.xmp import flac_blocks, flac_file

MPEG = (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa")
_WAV = frozenset((b"fmt ", b"data", b"fact", b"PEAK", b"wavl", b"slnt"))
_XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_HOLDS = frozenset((b"moov", b"trak", b"mdia", b"edts", b"minf", b"moof", b"traf"))
_SAYS = frozenset((b"udta", b"meta", b"uuid"))
_TIMED = frozenset((b"mvhd", b"tkhd", b"mdhd"))
_COMMENTS, _PICTURE, _APPLICATION, _CUES = 4, 6, 2, 5
_MARK = b"DIGITALSOURCETYPE="


def wav(data: bytes, parts: Parts) -> bytes:
    told = []
    for name, body in riff_chunks(data, parts):
        if name == b"_PMX":
            goes = parts.takes_xmp(body)
        else:
            goes = name not in _WAV and parts.takes(_wav_kind(name))
        if not goes:
            told.append((name, body))
    return riff(b"WAVE", told) if parts.gone else data


def _wav_kind(name: bytes) -> str:
    return "manifest" if name == b"C2PA" else "tags"


def flac(data: bytes, parts: Parts) -> bytes:
    blocks, frames = flac_blocks(data)
    told = []
    for kind, body in blocks:
        stays: bytes | None = body
        if kind == _COMMENTS:
            stays = _bare_comments(body, parts)
        elif kind in {_PICTURE, _APPLICATION, _CUES}:
            stays = None if parts.takes("thumbnail" if kind == _PICTURE else "tags") else body
        if stays is not None:
            told.append((kind, stays))
    return flac_file(told, frames) if parts.gone else data


def _bare_comments(body: bytes, parts: Parts) -> bytes:
    """Comments without any but the mark; the encoder's name stays."""
    vendor = 4 + int.from_bytes(body[:4], "little")
    count = int.from_bytes(body[vendor : vendor + 4], "little")
    at, stay = vendor + 4, []
    for _ in range(count):
        length = int.from_bytes(body[at : at + 4], "little")
        said = body[at + 4 : at + 4 + length]
        if said.startswith(_MARK) or not parts.takes("tags"):
            stay.append(struct.pack("<I", length) + said)
        at += 4 + length
    return body[:vendor] + struct.pack("<I", len(stay)) + b"".join(stay)


def mp3(data: bytes, parts: Parts) -> bytes:
    """ID3 tags stand before the sound, in signed FLAC too."""
    tags, rest = [], data
    while rest.startswith(b"ID3"):
        size = sum(byte << shift for byte, shift in zip(rest[6:10], (21, 14, 7, 0), strict=True))
        size += 20 if rest[5] & 0x10 else 10
        tag, rest = rest[:size], rest[size:]
        kind = "manifest" if b"application/x-c2pa" in tag else "tags"
        if parts.is_mark(_private(tag)) or not parts.takes(kind):
            tags.append(tag)
    bare = flac if rest.startswith(b"fLaC") else _without_end
    return b"".join([*tags, bare(rest, parts)])


def _private(tag: bytes) -> bytes:
    """What an ID3 tag says that holds a mark and nothing else."""
    return tag[24:] if tag[10:14] == b"PRIV" and tag[20:24] == b"XMP\0" else b""


def _without_end(data: bytes, parts: Parts) -> bytes:
    """Without ID3v1 and APE tags, which stand behind the sound."""
    if data[-128:-125] == b"TAG" and parts.takes("tags"):
        data = data[:-128]
    if data[-32:-24] == b"APETAGEX" and parts.takes("tags"):
        flags = int.from_bytes(data[-12:-8], "little")
        size = int.from_bytes(data[-20:-16], "little") + (32 if flags & 0x80000000 else 0)
        data = data[:-size]
    return data


def is_boxed(data: bytes) -> bool:
    return data[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


def mp4(data: bytes, parts: Parts) -> bytes:
    told = bytearray(data)
    if data[8:12] in (b"avif", b"avis"):
        _blank_items(told, data, parts)
        return bytes(told)
    for name, start, body, end in _boxes(data, 0, len(data)):
        if name in _SAYS and _box_goes(name, data[body:end], parts):
            told[start + 4 : start + 8] = b"free"
            told[body:end] = bytes(end - body)
        elif name in _TIMED:
            _blank_times(told, body, parts)
    return bytes(told)


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Name, start, start of the body and end of every box, those within others after them."""
    while at + 8 <= end:
        length, name = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, at + 8)
            body = at + 16
        stop = end if length == 0 else at + length
        if stop < body or stop > end:
            raise ValueError(f"the box at byte {at} has no length")
        yield name, at, body, stop
        if name in _HOLDS:
            yield from _boxes(data, body, stop)
        at = stop


def _box_goes(name: bytes, body: bytes, parts: Parts) -> bool:
    if not body.strip(b"\0"):
        return False
    if name == b"uuid" and body.startswith(_XMP_BOX):
        return parts.takes_xmp(body[16:])
    if name == b"uuid":
        return parts.takes("manifest" if body.startswith(_C2PA_BOX) else "other")
    if b"\xa9xyz" in body or b"location.ISO6709" in body or b"loci" in body:
        parts.takes("gps")
    return parts.takes("tags")


def _blank_times(told: bytearray, body: int, parts: Parts) -> None:
    """When the film and its tracks were made and changed."""
    length = 16 if told[body] == 1 else 8
    if any(told[body + 4 : body + 4 + length]) and parts.takes("time"):
        told[body + 4 : body + 4 + length] = bytes(length)


def _blank_items(told: bytearray, data: bytes, parts: Parts) -> None:
    """A still picture's EXIF and XMP, which are items that the box `iloc` finds (ISO 14496-12)."""
    for name, _, body, end in _boxes(data, 0, len(data)):
        if name == b"meta":
            inner = {n: (b, e) for n, _, b, e in _boxes(data, body + 4, end)}
            kinds = dict(_items(data, *inner[b"iinf"])) if b"iinf" in inner else {}
            for item, start, length in _extents(data, *inner[b"iloc"]):
                if kinds.get(item) in (b"Exif", b"mime"):
                    _blank_item(told, kinds[item], start, length, parts)


def _blank_item(told: bytearray, kind: bytes, start: int, length: int, parts: Parts) -> None:
    said = bytes(told[start : start + length])
    if not said.strip(b"\0 "):
        return
    if kind == b"mime":
        if parts.takes_xmp(said):
            told[start : start + length] = b" " * length
        return
    left, gone = kept(said[4:])  # the first four bytes say where TIFF's header begins
    instead = b"\0\0\0\0" + (left or turned(1))
    if said != instead.ljust(length, b"\0"):
        for one in gone:
            parts.takes(one)
        told[start : start + length] = instead.ljust(length, b"\0")


def _items(data: bytes, body: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The number and kind of each item."""
    place = body + (6 if data[body] == 0 else 8)
    for name, _, start, _ in _boxes(data, place, end):
        if name == b"infe" and data[start] >= 2:
            wide = data[start] > 2
            number = int.from_bytes(data[start + 4 : start + (8 if wide else 6)])
            at = start + (10 if wide else 8)
            yield number, data[at : at + 4]


def _extents(data: bytes, body: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The number of each item, and where its bytes lie in the file."""
    version, sizes = data[body], int.from_bytes(data[body + 4 : body + 6])
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    at, wide = body + 6, 4 if version == 2 else 2
    count, at = int.from_bytes(data[at : at + wide]), at + wide
    for _ in range(count):
        number, at = int.from_bytes(data[at : at + wide]), at + wide
        method = int.from_bytes(data[at : at + 2]) & 15 if version else 0
        at += 4 if version else 2
        start, at = int.from_bytes(data[at : at + base]), at + base
        extents, at = int.from_bytes(data[at : at + 2]), at + 2
        for _ in range(extents):
            at += index if version else 0
            place, at = int.from_bytes(data[at : at + offset]), at + offset
            size, at = int.from_bytes(data[at : at + length]), at + length
            if method == 0:
                yield number, start + place, size
