"""The text of a recipe and how to point at a place in it.

Everything that has a position holds a `Span` of character offsets; a `Page` turns offsets into
what a person reads: a line and a column, both counted from one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Span:
    """A stretch of text on one line."""

    start: int
    end: int


@dataclass(frozen=True)
class Page:
    """A text and the name its file goes by in complaints."""

    name: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        return _BREAK.split(self.text)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _BREAK.finditer(self.text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column; what lies past the last word is shown right behind it."""
        offset = min(offset, len(self.text.rstrip()))
        line = self.line_of(offset)
        column = offset - self.line_start(line) + 1
        return line, min(column, len(self.lines[line - 1]) + 1)

    def line_of(self, offset: int) -> int:
        return bisect_right(self._starts, offset)

    def line_start(self, line: int) -> int:
        return self._starts[line - 1]

    def indentation(self, line: int) -> int:
        text = self.lines[line - 1]
        return len(text) - len(text.lstrip())

    def within_line(self, start: int, end: int) -> Span:
        """The part of `start`..`end` that lies on the line of `start`."""
        line = self.line_of(start)
        line_end = self.line_start(line) + len(self.lines[line - 1])
        return Span(start, max(start, min(end, line_end)))
