"""Files without what they say of people and places: EXIF with GPS, XMP, comments, thumbnails, tags.

    bare(data) -> (the file, what was taken out)

Pixels and samples stay to the bit: containers are taken apart and put together without the parts
that no decoder needs. What a decoder needs stays: colour profiles, gamma, how the picture is to be
turned. So does what a file says of how it came about, its digital source type: written anew as a
mark (`curate.pairs.marks`) where it stood among what had to go. A C2PA manifest of a generated file
stays whole where nothing else goes; of one that is changed it would be void, and of a camera's
photograph it may tell whose camera that was, so that these go, and the mark says what they said.

What was taken out is told by kind: `exif`, `gps`, `thumbnail`, `xmp`, `iptc`, `comment`, `manifest`,
`tags` (of recordings), `time`, `trailing data` (behind the end of the file proper), `other`. A file
that says nothing is returned as it is, and so is one that was made bare before.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from curate.errors import Unreadable
from curate.pairs.limited import limited
from curate.pairs.marks import is_generated, marked, source_type
from curate.pairs.xmp import packet


@dataclass
class Parts:
    """What is decided of each part of a file, and remembered of what goes."""

    source: str | None
    """The digital source type that the file names."""
    keep_manifest: bool
    gone: set[str] = field(default_factory=set)

    def takes(self, kind: str) -> bool:
        """Whether a part of a kind goes."""
        if kind == "manifest" and self.keep_manifest:
            return False
        self.gone.add(kind)
        return True

    def takes_xmp(self, said: bytes) -> bool:
        """Whether an XMP packet goes; one that is a mark and no more stays."""
        if self.is_mark(said):
            return False
        if b"GPS" in said:
            self.gone.add("gps")
        return self.takes("xmp")

    def is_mark(self, said: bytes) -> bool:
        return self.source is not None and said == packet(self.source)


def bare(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The file and, sorted, what was taken out of it; `Unreadable` where its format is unknown here
    or its parts cannot be told apart.
    """
    made, gone = _stripped(data)
    return (data if made is None else made), gone


@limited
def _stripped(data: bytes) -> tuple[bytes | None, tuple[str, ...]]:
    """The file where anything goes, and what does."""
    strip = _stripper(data)
    source = source_type(data)
    parts = Parts(source, keep_manifest=is_generated(source))
    told = _tried(strip, data, parts)
    if parts.gone and parts.keep_manifest:
        parts = Parts(source, keep_manifest=False, gone=parts.gone)
        told = _tried(strip, data, parts)
    if not parts.gone:
        return None, ()
    if source is not None and source_type(told) is None:
        told = marked(told, source)
    return told, tuple(sorted(parts.gone))


def has_place(data: bytes) -> bool:
    """Whether anything can be taken out of files that begin so."""
    return any(starts(data) for starts, _ in _strippers())


Stripper = Callable[[bytes, Parts], bytes]


def _tried(strip: Stripper, data: bytes, parts: Parts) -> bytes:
    try:
        return strip(data, parts)
    except (IndexError, KeyError, ValueError, struct.error) as error:
        raise Unreadable(f"its parts cannot be told apart: {error}") from error


def _stripper(data: bytes) -> Stripper:
    for starts, strip in _strippers():
        if starts(data):
            return strip
    raise Unreadable(f"nothing is taken out of files that begin with {data[:8].hex(' ')}")


def _strippers() -> list[tuple[Callable[[bytes], bool], Stripper]]:
    """How each format is told, and what makes it bare."""
    from curate.pairs import bare_picture as picture
    from curate.pairs import bare_recording as recording
    from curate.pairs.bare_tiff import tiff

    return [
        (lambda data: data.startswith(b"\xff\xd8\xff"), picture.jpeg),
        (lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"), picture.png),
        (lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", picture.webp),
        (lambda data: data.startswith(b"GIF8"), picture.gif),
        (lambda data: data[:4] in (b"II*\0", b"MM\0*"), tiff),
        (lambda data: data.startswith(b"BM"), lambda data, parts: data),
        (lambda data: data[:4] == b"RIFF" and data[8:12] == b"WAVE", recording.wav),
        (lambda data: data.startswith(b"fLaC"), recording.flac),
        (lambda data: data[:3] == b"ID3" or data[:2] in recording.MPEG, recording.mp3),
        (recording.is_boxed, recording.mp4),
    ]
