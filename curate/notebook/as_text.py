"""Blocks as plain text, in columns; what came from data cannot steer the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import singledispatch

from rich.cells import cell_len, set_cell_size

from curate.notebook.answer import Block, Card, Cards, Cell, Drawing, Line, Table, Title
from curate.notebook.as_html import number

_WIDE = 60
"""Columns of a cell; more is cut."""


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
    shown = [[_shown(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*shown, strict=True)]
    right = [
        any(isinstance(row[at], int | float) for row in block.rows) for at in range(len(widths))
    ]
    for row in shown:
        cells = zip(row, widths, right, strict=True)
        yield "  " + "  ".join(_padded(*cell) for cell in cells)


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


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    return _cut(plain(cell)) if isinstance(cell, str) else number(cell)


def _cut(said: str) -> str:
    return said if cell_len(said) <= _WIDE else f"{set_cell_size(said, _WIDE - 1).rstrip()}…"


def _padded(said: str, width: int, right: bool) -> str:
    space = " " * (width - cell_len(said))
    return f"{space}{said}" if right else f"{said}{space}"


def plain(said: str) -> str:
    """What came from data, without anything a terminal would obey."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in said)
