"""Whether an MP3 or an AAC (ADTS) stream is whole. libav plays what it finds and skips the rest.

Such a stream is a row of frames, each with a header that tells its length (ISO 11172-3, 13818-7);
tags may stand before and after it. An MP3's first frame may tell how many follow (Xing, VBRI): only
then is a cut between two frames seen.
"""

from __future__ import annotations

import struct

from curate.errors import Unreadable

BITRATES = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    0: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Thousands of bits a second, by the version bits of MPEG 1, 2 and 2.5."""
RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
TAGS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3", b"3DI")


def mpeg_format(data: bytes) -> str | None:
    """MP3, AAC, or None for anything else: two frames must follow one another."""
    at = _start(data)
    for form, length in (("MP3", _mp3_length), ("AAC", _aac_length)):
        first = length(data, at)
        if first and (at + first >= len(data) or length(data, at + first)):
            return form
    return None


def check_mpeg(data: bytes, form: str) -> None:
    """Raise `Unreadable` unless every frame is there, up to a tag or the end."""
    length_of = _mp3_length if form == "MP3" else _aac_length
    start = at = _start(data)
    count = 0
    while at < len(data) and (length := length_of(data, at)):
        if at + length > len(data):
            raise Unreadable(f"truncated: {len(data) - at} of {length} bytes of its last frame")
        at += length
        count += 1
    rest = data[at:]
    if rest.strip(b"\0") and not rest.startswith(TAGS):
        raise Unreadable(f"truncated or damaged: no frame begins at byte {at}")
    promised = _promised(data[start : start + _mp3_length(data, start)]) if form == "MP3" else 0
    if count - 1 < promised:
        raise Unreadable(f"truncated: {count - 1} of {promised} frames are there")


def looks_like_mpeg(data: bytes) -> bool:
    """Whether others would take it for MP3: a tag or the first bits of a frame, and no other file."""
    start = _start(data)
    after = data[start : start + 4]
    return after[:1] == b"\xff" or (data.startswith(b"ID3") and after not in (b"fLaC", b"OggS"))


def _start(data: bytes) -> int:
    """Where frames begin: after tags, whose length is written in seven bits a byte, and zeros."""
    at = 0
    while data.startswith(b"ID3", at) and at + 10 <= len(data):
        size = data[at + 6 : at + 10]
        length = sum((byte & 127) << 7 * place for place, byte in enumerate(reversed(size)))
        at += 10 + length + (10 if data[at + 5] & 16 else 0)
        at += len(data[at:]) - len(data[at:].lstrip(b"\0"))
    return at


def _mp3_length(data: bytes, at: int) -> int:
    """Bytes of the frame that begins here; 0 when none does."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE6 != 0xE2:
        return 0
    version = data[at + 1] >> 3 & 3
    bitrate, rate, padding = data[at + 2] >> 4, data[at + 2] >> 2 & 3, data[at + 2] >> 1 & 1
    if version == 1 or rate == 3 or bitrate in (0, 15):
        return 0
    samples = 144 if version == 3 else 72
    return samples * BITRATES[version][bitrate] * 1000 // RATES[version][rate] + padding


def _aac_length(data: bytes, at: int) -> int:
    if at + 7 > len(data) or data[at] != 0xFF or data[at + 1] & 0xF6 != 0xF0:
        return 0
    return (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5


def _promised(first: bytes) -> int:
    """How many frames an MP3 has besides its first, by that frame; 0 when it does not tell."""
    for mark in (b"Xing", b"Info"):
        at = first.find(mark, 4, 48)
        if at >= 0 and at + 12 <= len(first) and first[at + 7] & 1:
            return int(struct.unpack_from(">I", first, at + 8)[0])
    if first[36:40] == b"VBRI" and len(first) >= 54:
        return int(struct.unpack_from(">I", first, 50)[0]) - 1
    return 0
