"""What files say of how they came about, for machines to read: IPTC's digital source type.

`marked` writes it where the format has its place for it: an XMP packet, in FLAC a comment (Parquet
gets its own as it is written, `curate.pairs.sensor.write_stream`). Nothing else of the file changes:
pixels and samples stay, and the same file is made each time. `source_type` finds it in any file,
also in those of others: in XMP, comments and ID3 tags, and in C2PA manifests, whose signatures are
not checked. All of these lie open in a file, so that they are found without knowing its format.

Vocabulary: https://cv.iptc.org/newscodes/digitalsourcetype/ (of 2024-09-17), and C2PA 2.1's own
`trainedAlgorithmicData`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from curate.errors import Unreadable
from curate.pairs import xmp

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED = IPTC + "trainedAlgorithmicMedia"
"""Made by a model that learned from media."""
REPAINTED = IPTC + "compositeWithTrainedAlgorithmicMedia"
"""Collected, then changed in part or whole by a model that learned from media."""
ALTERED = IPTC + "algorithmicallyEnhanced"
"""Collected, then altered by an algorithm that generates nothing."""

GENERATED = (
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "compositeSynthetic",
    "algorithmicMedia",
    "virtualRecording",
    "trainedAlgorithmicData",
)
"""The terms for media that are wholly or partly generated, those that say most first."""

_SCHEME = b"/digitalsourcetype/"
_WIDE = _SCHEME.decode().encode("utf-16-le")
_LONGEST = 64
"""Letters of a term at most."""


def marked(data: bytes, source: str) -> bytes:
    """The file with a mark that names its source type, a URI of the vocabulary.

    PNG, JPEG, WebP, TIFF, WAV, MP3 (ID3), MP4 and FLAC; any other raises `Unreadable`.
    """
    for starts, put in _PLACES:
        if starts(data):
            return put(data, source)
    raise Unreadable(f"a file that begins with {data[:8].hex(' ')} has no place for a mark")


def source_type(data: bytes) -> str | None:
    """The source type that a file names, as a URI or as much of it as there is; of several, as
    a manifest has of all that went into a picture, the one that says most of generation.
    """
    found = list(dict.fromkeys([*_terms(data, _SCHEME, 1), *_terms(data, _WIDE, 2)]))
    said = [term for term in GENERATED if term in found] or found
    if not said:
        return None
    own = "http://c2pa.org/digitalsourcetype/"
    return (own if said[0] == "trainedAlgorithmicData" else IPTC) + said[0]


def is_generated(source: str | None) -> bool:
    """Whether a source type says that a machine made it, or part of it."""
    return source is not None and source.rpartition("/")[2] in GENERATED


def _terms(data: bytes, scheme: bytes, width: int) -> Iterator[str]:
    """What stands behind each mention of the vocabulary, in letters of so many bytes."""
    at = data.find(scheme)
    while at >= 0:
        start = at + len(scheme)
        letters = data[start : start + _LONGEST * width : width].decode("latin-1")
        term = next((letters[:n] for n, c in enumerate(letters) if not _is_letter(c)), letters)
        if term:
            yield term
        at = data.find(scheme, start)


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()


def _in_xmp(put: Callable[[bytes, bytes], bytes]) -> Callable[[bytes, str], bytes]:
    return lambda data, source: put(data, xmp.packet(source))


_PLACES: tuple[tuple[Callable[[bytes], bool], Callable[[bytes, str], bytes]], ...] = (
    (lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"), _in_xmp(xmp.in_png)),
    (lambda data: data.startswith(b"\xff\xd8\xff"), _in_xmp(xmp.in_jpeg)),
    (lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", _in_xmp(xmp.in_webp)),
    (lambda data: data[:4] in (b"II*\0", b"MM\0*"), _in_xmp(xmp.in_tiff)),
    (lambda data: data[:4] == b"RIFF" and data[8:12] == b"WAVE", _in_xmp(xmp.in_wav)),
    (lambda data: data[4:8] == b"ftyp", _in_xmp(xmp.in_mp4)),
    (lambda data: data.startswith(b"fLaC"), xmp.in_flac),
    (lambda data: data[:3] == b"ID3" or data[:1] == b"\xff", _in_xmp(xmp.in_mp3)),
)
"""How a format is told, and how its mark is written."""
