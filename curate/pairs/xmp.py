"""Where files keep what is said of them: an XMP packet put into a file that has none.

Places as Adobe's XMP specification, part 3 (2020), has them; FLAC has none and gets a Vorbis
comment. Every function returns a whole file whose pixels and samples are those of the one given.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

from curate.errors import Unreadable

_JPEG_NAME = b"http://ns.adobe.com/xap/1.0/\0"
_MP4_ID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_TIFF_TAG = 700
_WEBP_HAS_XMP, _WEBP_HAS_ALPHA = 0x04, 0x10
_COMMENTS, _LAST = 4, 0x80
"""The kind of a FLAC block that holds comments, and the bit of the last block."""


def packet(source: str) -> bytes:
    """A packet that says nothing but IPTC's digital source type."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f'Iptc4xmpExt:DigitalSourceType="{source}"/>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def in_png(data: bytes, said: bytes) -> bytes:
    body = b"iTXt" + b"XML:com.adobe.xmp\0" + b"\0\0" + b"\0\0" + said
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    header = 8 + 25  # the signature, and IHDR
    return data[:header] + chunk + data[header:]


def in_jpeg(data: bytes, said: bytes) -> bytes:
    """Behind the segments that readers want first: JFIF's and Exif's."""
    at = 2
    while data[at : at + 2] in (b"\xff\xe0", b"\xff\xe1"):
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    body = _JPEG_NAME + said
    return data[:at] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[at:]


def in_webp(data: bytes, said: bytes) -> bytes:
    """A simple file becomes an extended one, which alone can hold more than a picture."""
    chunks = data[12:]
    if chunks[:4] != b"VP8X":
        chunks = _webp_header(data) + chunks
    flags = chunks[8] | _WEBP_HAS_XMP
    return _riff(b"WEBP", chunks[:8] + bytes([flags]) + chunks[9:], b"XMP ", said)


def in_wav(data: bytes, said: bytes) -> bytes:
    return _riff(b"WAVE", data[12:], b"_PMX", said)


def in_mp4(data: bytes, said: bytes) -> bytes:
    """At the end, so that nothing that the index points at is moved."""
    body = b"uuid" + _MP4_ID + said
    return data + struct.pack(">I", len(body) + 4) + body


def in_tiff(data: bytes, said: bytes) -> bytes:
    """A new directory of the first page at the end of the file, with one entry more."""
    order = "<" if data[:2] == b"II" else ">"
    (old,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, old)
    end = old + 2 + 12 * count
    entries = [data[at : at + 12] for at in range(old + 2, end, 12)]
    padded = data + b"\0" * (len(data) % 2)
    place = len(padded)
    entries.append(struct.pack(f"{order}HHII", _TIFF_TAG, 1, len(said), place))
    entries.sort(key=lambda entry: struct.unpack_from(f"{order}H", entry)[0])
    said += b"\0" * (len(said) % 2)
    directory = struct.pack(f"{order}H", len(entries)) + b"".join(entries) + data[end : end + 4]
    head = data[:4] + struct.pack(f"{order}I", place + len(said))
    return head + padded[8:] + said + directory


def in_mp3(data: bytes, said: bytes) -> bytes:
    """In a private frame of an ID3 tag of its own, or of the tag that is there."""
    body = b"XMP\0" + said
    version, flags, frames, rest = 4, 0, b"", data
    if data[:3] == b"ID3":
        version, flags, size = data[3], data[5], _from_sevens(data[6:10])
        frames, rest = data[10 : 10 + size], data[10 + size :]
    if flags or version not in (3, 4):
        raise Unreadable(
            f"an ID3 tag of version 2.{version} with flags {flags:#x} is not rewritten"
        )
    length = _in_sevens(len(body)) if version == 4 else struct.pack(">I", len(body))
    frames = b"PRIV" + length + b"\0\0" + body + frames
    return b"ID3" + bytes([version, 0, 0]) + _in_sevens(len(frames)) + frames + rest


def in_flac(data: bytes, source: str) -> bytes:
    """`DIGITALSOURCETYPE` among the comments."""
    blocks, frames = flac_blocks(data)
    said = f"DIGITALSOURCETYPE={source}".encode()
    at = next((n for n, (kind, _) in enumerate(blocks) if kind == _COMMENTS), None)
    if at is None:
        empty = struct.pack("<I", 0) + struct.pack("<I", 0)
        blocks.insert(1, (_COMMENTS, _with_comment(empty, said)))
    else:
        blocks[at] = (_COMMENTS, _with_comment(blocks[at][1], said))
    return flac_file(blocks, frames)


def _with_comment(block: bytes, said: bytes) -> bytes:
    vendor = 4 + int.from_bytes(block[:4], "little")
    count = int.from_bytes(block[vendor : vendor + 4], "little")
    head = block[:vendor] + struct.pack("<I", count + 1)
    return head + block[vendor + 4 :] + struct.pack("<I", len(said)) + said


def flac_blocks(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Kinds and bodies of the metadata blocks, and everything behind them."""
    blocks, at, last = [], 4, False
    while not last:
        kind, last = data[at] & ~_LAST, bool(data[at] & _LAST)
        size = int.from_bytes(data[at + 1 : at + 4])
        blocks.append((kind, data[at + 4 : at + 4 + size]))
        at += 4 + size
    return blocks, data[at:]


def flac_file(blocks: Sequence[tuple[int, bytes]], frames: bytes) -> bytes:
    """Metadata blocks, and everything behind them, as a file."""
    last = len(blocks) - 1
    written = [
        bytes([kind | (_LAST if n == last else 0)]) + len(body).to_bytes(3) + body
        for n, (kind, body) in enumerate(blocks)
    ]
    return b"fLaC" + b"".join(written) + frames


def _riff(form: bytes, chunks: bytes, name: bytes, body: bytes) -> bytes:
    """The chunks, each at an even place, and one more behind them."""
    chunks += b"\0" * (len(chunks) % 2)
    chunk = name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    size = len(form) + len(chunks) + len(chunk)
    return b"RIFF" + struct.pack("<I", size) + form + chunks + chunk


def _webp_header(data: bytes) -> bytes:
    from io import BytesIO

    from PIL import WebPImagePlugin

    with WebPImagePlugin.WebPImageFile(BytesIO(data)) as image:
        (width, height), alpha = image.size, image.mode == "RGBA"
    flags = _WEBP_HAS_ALPHA if alpha else 0
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X" + struct.pack("<I", 10) + bytes([flags, 0, 0, 0]) + sides


def _in_sevens(number: int) -> bytes:
    """Four bytes of seven bits, as ID3 writes sizes."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _from_sevens(data: bytes) -> int:
    return sum(byte << shift for byte, shift in zip(data, (21, 14, 7, 0), strict=True))
