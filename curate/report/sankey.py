"""The flow of pairs as a band that runs down the page; what leaves peels off to the right.

The order of steps is a line, so that their Sankey is one band: rows of a list, each with its piece
of the band, and the words beside it in plain HTML, which break as they must on a phone. Widths are
pixels, in proportion to pairs all the way down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curate.report.content import Exit, Passage

WIDEST = 120.0
"""Of the band, in pixels."""
REACH = 160.0
"""Where what peels off ends."""
THINNEST = 1.5
"""A single pair can be seen."""
_ROOM = 26.0
"""The least height of a row, for a line of words."""


@dataclass(frozen=True)
class Ribbon:
    """Pairs that join the band or leave it."""

    path: str
    """Of an SVG, `REACH` wide and `height` high."""
    height: float
    band: float
    """The width of the band beside it, without the ribbon."""


@dataclass(frozen=True)
class Stretch:
    """One step's piece of the band."""

    passage: Passage
    before: float
    joins: Ribbon | None
    leaves: tuple[tuple[Exit, Ribbon], ...]
    after: float


def stretches(flow: Sequence[Passage]) -> tuple[Stretch, ...]:
    """The band, piece by piece."""
    most = max((one.before + one.added for one in flow), default=0)
    return tuple(_stretch(one, WIDEST / max(1, most)) for one in flow)


def _stretch(passage: Passage, pixel: float) -> Stretch:
    return Stretch(
        passage=passage,
        before=passage.before * pixel,
        joins=_joins(passage, pixel) if passage.added else None,
        leaves=tuple(_leaves(passage, pixel)),
        after=passage.after * pixel,
    )


def _joins(passage: Passage, pixel: float) -> Ribbon:
    band, width = passage.before * pixel, max(THINNEST, passage.added * pixel)
    height, edge = _height(width)
    low = edge + width
    bend = band + (REACH - band) * 0.3
    path = (
        f"M{band:.2f} {height:.2f}C{band:.2f} {edge:.2f} {bend:.2f} {edge:.2f} {REACH} {edge:.2f}"
        f"V{low:.2f}C{bend + width:.2f} {low:.2f} {band + width:.2f} {low:.2f} "
        f"{band + width:.2f} {height:.2f}Z"
    )
    return Ribbon(path, height, band)


def _leaves(passage: Passage, pixel: float) -> Iterator[tuple[Exit, Ribbon]]:
    band = (passage.before + passage.added) * pixel
    for exit_ in passage.exits:
        yield exit_, _leaving(band, exit_.pairs * pixel)
        band -= exit_.pairs * pixel


def _leaving(band: float, width: float) -> Ribbon:
    stays = band - width
    drawn = max(THINNEST, width)
    height, edge = _height(drawn)
    low, right = edge + drawn, stays + drawn
    path = (
        f"M{right:.2f} 0C{right:.2f} {edge:.2f} {right + (REACH - right) * 0.3:.2f} {edge:.2f} "
        f"{REACH} {edge:.2f}V{low:.2f}C{stays + (REACH - stays) * 0.3:.2f} {low:.2f} "
        f"{stays:.2f} {low:.2f} {stays:.2f} 0Z"
    )
    return Ribbon(path, height, stays)


def _height(width: float) -> tuple[float, float]:
    """Of a row with a ribbon in its middle, and where the ribbon's upper edge is."""
    edge = max(6.0, (_ROOM - width) / 2)
    return width + 2 * edge, edge
