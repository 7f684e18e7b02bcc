"""What matters of an EXIF block: whether it names a place, whether it holds a thumbnail, and how the
picture is to be turned.
"""

from __future__ import annotations

import struct
import warnings
from dataclasses import dataclass

from PIL import Image

PREFIX = b"Exif\0\0"
_ORIENTATION, _GPS, _THUMBNAIL = 0x0112, 0x8825, -1


@dataclass(frozen=True)
class Exif:
    """Of a block: `orientation` is 1 for an upright picture."""

    kinds: tuple[str, ...]
    orientation: int

    @property
    def upright(self) -> bool:
        return self.orientation == 1


def read_exif(block: bytes) -> Exif:
    """What a block says, with or without its prefix; of one that is damaged, that it is there."""
    found = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.load(PREFIX + block.removeprefix(PREFIX))
            gps, thumbnail = found.get_ifd(_GPS), found.get_ifd(_THUMBNAIL)
            orientation = int(found.get(_ORIENTATION, 1))
    except Exception:  # whatever is wrong with it, it goes
        return Exif(("exif",), 1)
    kinds = ["exif", *(["gps"] if gps else []), *(["thumbnail"] if thumbnail else [])]
    return Exif(tuple(kinds), orientation if 1 <= orientation <= 8 else 1)


def turned(orientation: int) -> bytes:
    """A block that says nothing but how to turn the picture, without a prefix."""
    entry = struct.pack("<HHII", _ORIENTATION, 3, 1, orientation)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)


def kept(block: bytes) -> tuple[bytes | None, tuple[str, ...]]:
    """What stays of a block, without a prefix, and what goes."""
    found = read_exif(block)
    left = None if found.upright else turned(found.orientation)
    if block.removeprefix(PREFIX) == left:
        return left, ()
    return left, found.kinds
