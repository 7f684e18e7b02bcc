"""JPEG, PNG, WebP and GIF without what they say beside their pixels.

Segments of JPEG as ITU-T T.81 and T.871 have them, chunks of PNG as its third edition (2025), chunks of
WebP as RFC 9649, blocks of GIF89a. Whatever no decoder needs goes, known or not.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from curate.pairs.bare import Parts
from curate.pairs.exif import PREFIX, kept
from curate.pairs.xmp import packet

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_PNG_XMP = b"XML:com.adobe.xmp\0\0\0\0\0"
_NEEDED = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD pHYs "
    b"acTL fcTL fdAT".split()
)
_WEBP = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_GIF_APPLICATIONS = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")
_GIF_XMP = b"XMP DataXMP"
_GIF_TRAILER = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
"""What makes a packet, which is no chain of blocks, look like one (XMP, part 3, 1.1.2)."""


def jpeg(data: bytes, parts: Parts) -> bytes:
    told = [data[:2]]
    for marker, body in _segments(data, parts):
        stays = body if marker is None else _jpeg_part(marker, body, parts)
        if marker is None:
            told.append(body)
        elif stays is not None:
            told.append(bytes([0xFF, marker]) + struct.pack(">H", len(stays) + 2) + stays)
    return b"".join(told)


def _segments(data: bytes, parts: Parts) -> Iterator[tuple[int | None, bytes]]:
    """Marker and body of each segment; scans and bare markers as they are, without a marker."""
    at = 2
    while at < len(data):
        if data[at] != 0xFF:
            raise ValueError(f"no marker at byte {at}")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == 0xD9:
            yield None, b"\xff\xd9"
            if data[at + 2 :].strip(b"\0"):
                parts.takes("trailing data")
            return
        elif marker == 0x01 or 0xD0 <= marker <= 0xD7:
            yield None, data[at : at + 2]
            at += 2
        else:
            end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
            if end > len(data):
                raise ValueError(f"the segment at byte {at} is cut off")
            yield marker, data[at + 4 : end]
            at = end
            if marker == 0xDA:
                at = _scan_end(data, end)
                yield None, data[end:at]


def _scan_end(data: bytes, at: int) -> int:
    """Where the next marker stands; stuffed bytes and restarts belong to the scan."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            return len(data)
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2


def _jpeg_part(marker: int, body: bytes, parts: Parts) -> bytes | None:
    """What stays of a segment."""
    if marker == 0xFE:
        return None if parts.takes("comment") else body
    if not 0xE0 <= marker <= 0xEF:
        return body
    if marker == 0xE0 and body.startswith(b"JFIF\0"):
        return _jfif(body, parts)
    if marker == 0xE1 and body.startswith(PREFIX):
        left, gone = kept(body)
        _remember(parts, gone)
        return None if left is None else PREFIX + left
    if marker == 0xE1 and body.startswith(_XMP):
        return None if parts.takes_xmp(body[len(_XMP) :]) else body
    needed = (marker == 0xE2 and body.startswith(b"ICC_PROFILE\0")) or (
        marker == 0xEE and body.startswith(b"Adobe")
    )
    return body if needed or not parts.takes(_jpeg_kind(marker, body)) else None


def _jpeg_kind(marker: int, body: bytes) -> str:
    if marker == 0xE0:
        return "thumbnail"
    if marker == 0xEB:
        return "manifest"
    if marker == 0xED and body.startswith(b"Photoshop"):
        return "iptc"
    return "xmp" if body.startswith(b"http://ns.adobe.com/xmp/") else "other"


def _jfif(body: bytes, parts: Parts) -> bytes:
    """The segment with a thumbnail of no pixels."""
    if len(body) > 14:
        parts.takes("thumbnail")
    return body[:12] + b"\0\0" if len(body) >= 14 else body


def png(data: bytes, parts: Parts) -> bytes:
    told, at = [data[:8]], 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data.ljust(at + 8, b"\0"), at)
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if len(body) < length or not name:
            raise ValueError(f"the chunk at byte {at} is cut off")
        chunk = data[at : at + 12 + length]
        told.append(chunk if name in _NEEDED else _png_part(name, body, chunk, parts))
        at += 12 + length
        if name == b"IEND":
            break
    if data[at:].strip(b"\0"):
        parts.takes("trailing data")
    return b"".join(told)


def _png_part(name: bytes, body: bytes, chunk: bytes, parts: Parts) -> bytes:
    if name == b"eXIf":
        left, gone = kept(body)
        _remember(parts, gone)
        return b"" if left is None else _chunk(name, left)
    if name == b"iTXt" and body.startswith(b"XML:com.adobe.xmp\0"):
        return b"" if parts.takes_xmp(body.removeprefix(_PNG_XMP)) else chunk
    kinds = {b"tIME": "time", b"caBX": "manifest", b"tEXt": "comment", b"zTXt": "comment"}
    kind = kinds.get(name, "comment" if name == b"iTXt" else "other")
    if body.lower().startswith(b"raw profile type"):
        kind = "exif"
    return b"" if parts.takes(kind) else chunk


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def webp(data: bytes, parts: Parts) -> bytes:
    told, flags = [], 0
    for name, body in riff_chunks(data, parts):
        stays: bytes | None = body
        if name == b"EXIF":
            stays, gone = kept(body)
            _remember(parts, gone)
            flags |= 0x08 if stays is not None else 0
        elif name == b"XMP ":
            stays = None if parts.takes_xmp(body) else body
            flags |= 0x04 if stays is not None else 0
        elif name not in _WEBP:
            stays = None if parts.takes("manifest" if name == b"C2PA" else "other") else body
        if stays is not None:
            told.append((name, stays))
    chunks = [(n, _flagged(b, flags) if n == b"VP8X" else b) for n, b in told]
    return riff(b"WEBP", chunks) if parts.gone else data


def _flagged(header: bytes, flags: int) -> bytes:
    """The header of an extended file, which says whether there is EXIF and XMP."""
    return bytes([header[0] & ~0x0C | flags]) + header[1:]


def riff_chunks(data: bytes, parts: Parts) -> Iterator[tuple[bytes, bytes]]:
    """Names and bodies of a RIFF file's chunks."""
    end, at = 8 + int.from_bytes(data[4:8], "little"), 12
    if data[end + end % 2 :].strip(b"\0"):
        parts.takes("trailing data")
    while at + 8 <= min(end, len(data)):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def riff(form: bytes, chunks: list[tuple[bytes, bytes]]) -> bytes:
    body = b"".join(
        name + struct.pack("<I", len(said)) + said + b"\0" * (len(said) % 2)
        for name, said in chunks
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + form + body


def gif(data: bytes, parts: Parts) -> bytes:
    flags = data[10]
    at = 13 + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0)
    told = [data[:at]]
    while at < len(data) and data[at] != 0x3B:
        end = _gif_end(data, at)
        told.append(_gif_part(data[at:end], parts))
        at = end
    if data[at + 1 :].strip(b"\0"):
        parts.takes("trailing data")
    return b"".join(told) + b"\x3b"


def _gif_end(data: bytes, at: int) -> int:
    """Where a block ends: its head, then sub-blocks to one of no length."""
    if data[at] == 0x2C:
        flags = data[at + 9]
        place = at + 11 + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0)
    elif data[at] == 0x21:
        place = at + 2
    else:
        raise ValueError(f"no block at byte {at}")
    while data[place]:
        place += 1 + data[place]
    return place + 1


def _gif_part(block: bytes, parts: Parts) -> bytes:
    if block[:2] == b"\x21\xfe":
        return b"" if parts.takes("comment") else block
    if block[:2] != b"\x21\xff" or block[3:14] in _GIF_APPLICATIONS:
        return block
    if block[3:14] != _GIF_XMP:
        return b"" if parts.takes("other") else block
    if not parts.takes_xmp(block[14 : -len(_GIF_TRAILER)]):
        return block
    if parts.source is None:
        return b""
    return block[:14] + packet(parts.source) + _GIF_TRAILER


def _remember(parts: Parts, gone: tuple[str, ...]) -> None:
    for kind in gone:
        parts.takes(kind)
