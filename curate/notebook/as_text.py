"""Blocks as plain text, in columns; what came from data cannot steer the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import singledispatch

from rich.cells import cell_len, set_cell_size

from curate.notebook.answer import Block, Card, Cards, Cell, Drawing, Line, Table, Title
from curate.notebook.as_html import number

_WIDE, _LAST = 60, 100
"""Columns of a cell, and of the last one of a row; more is cut."""


def text(blocks: Iterable[Block]) -> str:
    """All blocks, one below the other."""
    return "\n".join(line.rstrip() for block in blocks for line in _lines(block))


@singledispatch
def _lines(block: Block) -> Iterator[str]:
    raise TypeError(block)


@_lines.register
def _(block: Title) -> Iterator[str]:
    yield plain(block.text)


@_lines.register
def _(block: Line) -> Iterator[str]:
    yield plain(block.text)


@_lines.register
def _(block: Table) -> Iterator[str]:
    yield from _heading(block.title)
    rows = [block.header, *block.rows] if block.header else list(block.rows)
    shown = [[*map(_shown, row[:-1]), _shown(row[-1], _LAST)] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*shown, strict=True)]
    right = [_numbers(column) for column in zip(*block.rows, strict=True)]
    for row in shown:
        cells = zip(row, widths, right, strict=True)
        yield "  " + "  ".join(_padded(*cell) for cell in cells)
    yield from map(plain, block.notes)


@_lines.register
def _(block: Cards) -> Iterator[str]:
    yield from _heading(block.title)
    for card in block.cards:
        yield f"  {_card(card)}"


@_lines.register
def _(block: Drawing) -> Iterator[str]:
    yield plain(block.text)


def _heading(title: str | None) -> Iterator[str]:
    if title:
        yield ""
        yield plain(title)


def _card(card: Card) -> str:
    media = [f"[{medium.modality}]" for medium in card.media]
    return "  ".join([*media, *(_cut(plain(line)) for line in card.lines)])


def _numbers(column: tuple[Cell, ...]) -> bool:
    return all(cell is None or isinstance(cell, int | float) for cell in column)


def _shown(cell: Cell, wide: int = _WIDE) -> str:
    if cell is None:
        return ""
    return _cut(plain(cell), wide) if isinstance(cell, str) else number(cell)


def _cut(said: str, wide: int = _WIDE) -> str:
    return said if cell_len(said) <= wide else f"{set_cell_size(said, wide - 1).rstrip()}…"


def _padded(said: str, width: int, right: bool) -> str:
    space = " " * (width - cell_len(said))
    return f"{space}{said}" if right else f"{said}{space}"


def plain(said: str) -> str:
    """What came from data, without anything a terminal would obey."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in said)
