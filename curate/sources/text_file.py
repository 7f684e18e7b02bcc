"""Texts out of files: a whole file, one line of it, or the value of a key on a line of its own.

Only UTF-8 is text (a byte order mark is dropped). Several fields may take their parts of one file,
so the last files read are kept.
"""

from __future__ import annotations

import os
from functools import lru_cache

from curate.errors import Unreadable
from curate.pairs.exhaustion import check_machine
from curate.pairs.media import read_media
from curate.pairs.opened import opened
from curate.sources.cell import Cell, text_cell

LONGEST = 16 << 20
"""Bytes of the largest file that is taken for a text."""


def read_text(cell: Cell, part: str | None) -> Cell:
    """The text at a located file; an absent or refused file stays what it is."""
    uri = f"{cell.uri}#{part}" if cell.uri and part else cell.uri
    found = read_whole(cell._replace(uri=uri))
    return found if found.text is None else text_cell(_part(found.text, part), uri or "")


def read_whole(cell: Cell) -> Cell:
    """All of a located file's text, as it is written."""
    if cell.path is None:
        return cell
    try:
        changed = os.stat(cell.path).st_mtime_ns
        return Cell(text=_read(cell.path, cell.member, changed), uri=cell.uri)
    except UnicodeDecodeError as error:
        return Cell(uri=cell.uri, problem="unreadable", detail=no_utf8(error))
    except Unreadable as error:
        return Cell(uri=cell.uri, problem="unreadable", detail=error.message)
    except OSError as error:
        check_machine(error)
        return Cell(uri=cell.uri, problem="unreadable", detail=error.strerror or str(error))


def no_utf8(error: UnicodeDecodeError) -> str:
    """Where bytes stop being text."""
    return f"not UTF-8: byte 0x{error.object[error.start]:02x} at offset {error.start}"


@lru_cache(maxsize=4)
def _read(path: str, member: str | None, _changed: int) -> str:
    data = read_media(path, member) if member else _start(path)
    if len(data) > LONGEST:
        raise Unreadable(f"a text of more than {LONGEST >> 20} MiB")
    return data.decode("utf-8-sig")


def _start(path: str) -> bytes:
    with opened(path) as file:
        return file.read(LONGEST + 1)


def _part(whole: str, part: str | None) -> str | None:
    if part is None:
        return whole
    lines = whole.split("\n")
    if part.isdecimal():
        return lines[int(part) - 1] if 0 < int(part) <= len(lines) else None
    return next((line[len(part) + 1 :] for line in lines if line.startswith(f"{part}=")), None)
