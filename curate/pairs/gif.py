"""Whether a GIF is whole. Pillow takes one without an end for one with fewer pictures (GIF89a)."""

from __future__ import annotations

from curate.errors import Unreadable

EXTENSION, PICTURE, END = 0x21, 0x2C, 0x3B
COLOURS = 0x80
"""The flag of a table of colours; the lowest three bits beside it are its size."""


def check_gif(data: bytes) -> None:
    """Raise `Unreadable` unless every block is there, up to the one that says that it is the last."""
    try:
        at = 13 + _colours(data[10])
        while data[at] != END:
            if data[at] == PICTURE:
                at += 11 + _colours(data[at + 9])
            elif data[at] == EXTENSION:
                at += 2
            else:
                raise Unreadable(f"the GIF is damaged: no block begins at byte {at}")
            at = _after_pieces(data, at)
    except IndexError:
        raise Unreadable("the GIF is truncated: it has no end") from None


def _colours(flags: int) -> int:
    """Bytes of a table of colours."""
    return 3 << (flags & 7) + 1 if flags & COLOURS else 0


def _after_pieces(data: bytes, at: int) -> int:
    """Where the pieces of a block end: each tells its length, the last is empty."""
    while data[at]:
        at += 1 + data[at]
    return at + 1
