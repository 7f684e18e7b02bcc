"""Markdown from values that may hold anything: what comes from data is shown, never obeyed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import Any

_MARKS = re.compile(r"([\\`*_\[\]|#~])")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def text(value: Any) -> str:
    """One line in which no character has a meaning of its own."""
    line = _BREAKS.sub(" ", str(value)).strip()
    return _MARKS.sub(r"\\\1", html.escape(line, quote=False))


def paragraphs(value: str) -> str:
    """Its paragraphs, in which no character has a meaning of its own either."""
    told = (text(part) for part in re.split(r"\n\s*\n", value))
    return "".join(f"{part}\n\n" for part in told if part).rstrip("\n") + "\n"


def code(value: Any) -> str:
    """One line of code."""
    line = _BREAKS.sub(" ", str(value)).replace("`", "'").replace("|", "\\|")
    return f"`{line}`"


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], right: Sequence[int] = ()) -> str:
    """A table whose cells are Markdown already; the columns in `right` hold numbers."""
    marks = ["---:" if number in right else "---" for number in range(len(head))]
    lines = [head, marks, *([str(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def section(title: str, *parts: str, level: int = 2) -> str:
    """A heading with what stands below it; nothing at all where that is nothing."""
    told = [part for part in parts if part]
    return "\n".join([f"{'#' * level} {title}", "", *told]) if told else ""
