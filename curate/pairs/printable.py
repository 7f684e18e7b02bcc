"""Text as a terminal may have it: nothing in it is obeyed, and nothing turns the direction of a line."""

from __future__ import annotations

from typing import Any


def printable(value: Any) -> str:
    """What came from data on one line; a control, a break or a bidi mark is spelt as Python spells it."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def printable_lines(text: str) -> str:
    """The same of several lines, which stay several."""
    return "\n".join(map(printable, text.split("\n")))
