"""What an answer shows, apart from how it is drawn.

An answer gives its blocks once; a notebook draws them as HTML, a terminal prints them as text.
Blocks hold what came from data as it is: `as_html` escapes it, `as_text` takes out what a terminal
would obey.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from curate.report.content import Medium

Cell: TypeAlias = str | int | float | None


@dataclass(frozen=True)
class Title:
    """What the answer is about."""

    text: str


@dataclass(frozen=True)
class Line:
    """A sentence."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows below a header, which may be empty; numbers stand to the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str | None = None
    notes: tuple[str, ...] = ()
    """Sentences below it."""
    folded: bool = False
    """Whether a notebook shows the title alone until somebody opens it."""


@dataclass(frozen=True)
class Card:
    """A pair to look at: its media, and lines below."""

    media: tuple[Medium, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Cards:
    """Pairs side by side."""

    cards: tuple[Card, ...]
    title: str | None = None


@dataclass(frozen=True)
class Drawing:
    """SVG that this package drew, in which everything from data is escaped, and the same in words."""

    svg: str
    text: str


Block: TypeAlias = Title | Line | Table | Cards | Drawing


class Answer:
    """Something that was asked, with its answer as attributes, and drawn where it is looked at."""

    def blocks(self) -> Iterator[Block]:
        """What it shows, the most important first."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        from curate.notebook.as_html import html

        return html(self.blocks())

    def __repr__(self) -> str:
        from curate.notebook.as_text import text

        return text(self.blocks())
