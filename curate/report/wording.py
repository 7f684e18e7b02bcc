"""Figures and strings as a reader sees them; what could mislead the eye is spelled out."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curate.governance.estimate import Estimate

NOTHING = "\N{EN DASH}"
_LITTLE = 1e-4
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ORDERS = re.compile("[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Characters without a shape that turn the order of text round or hide within it; not the joiners that
emoji and Indic scripts need."""
_LONE = re.compile("[\ud800-\udfff]")


def visible(text: str) -> str:
    """The text with everything that has no shape named: U+202E is shown as `⟦U+202E⟧`."""
    text = _LONE.sub("\ufffd", text)
    return _ORDERS.sub(_named, _CONTROLS.sub(_named, text))


def _named(found: re.Match[str]) -> str:
    return f"⟦U+{ord(found[0]):04X}⟧"


def count(value: float | None) -> str:
    """1,050."""
    return NOTHING if value is None else f"{value:,.0f}"


def share(value: float | None) -> str:
    """76.8%; never so few digits that little is nothing or nearly all is all."""
    if value is None:
        return NOTHING
    if value in (0, 1):
        return f"{value:.0%}"
    if 0.001 <= value <= 0.999:
        return f"{value:.1%}"
    return (
        "< 0.01%"
        if 0 < value < _LITTLE
        else "> 99.99%"
        if 1 > value > 1 - _LITTLE
        else f"{value:.2%}"
    )


def figure(value: float | None) -> str:
    """Three digits, or all of a whole number."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{value:,.0f}" if value == int(value) else f"{value:,.3g}"


def signed(value: float | None) -> str:
    """A difference of shares, with its sign: +6.7%, with a true minus."""
    return NOTHING if value is None else f"{value:+.1%}".replace("-", "\N{MINUS SIGN}")


def between(found: Estimate | None) -> str:
    """The interval of a share."""
    return NOTHING if found is None else f"{found.low:.1%} to {found.high:.1%}"


def of(number: int, name: str) -> str:
    """A noun with its number: 1 pair, 2 pairs."""
    return f"{number:,} {name}" if number == 1 else f"{number:,} {name}s"


def title(name: str) -> str:
    """A name of the code as words: `recall_at_precision` is `recall at precision`."""
    return name.replace("_", " ")
