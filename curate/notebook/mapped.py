"""Embeddings of pairs in two dimensions, drawn as SVG: a point for every pair, a name when pointed at.

Groups differ in colour (Okabe and Ito's, which most people tell apart) and, of more than eight, in shape.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

import polars as pl

from curate.errors import CurateError
from curate.notebook.answer import Answer, Block, Drawing, Line, Title
from curate.recipe import read_recipe
from curate.report.content import Map
from curate.report.map import map_of
from curate.report.withheld import withheld
from curate.run.build import store_folder_of
from curate.run.embedded import embedded_in
from curate.run.known import known
from curate.store.store import MeasureStore

if TYPE_CHECKING:
    from curate.notebook.release import Release

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d1f", "#808080")
_SHAPES = ("M-2.5,0a2.5,2.5 0 1,0 5,0a2.5,2.5 0 1,0 -5,0", "M-2.5,-2.5h5v5h-5z", "M0,-3l3,5.5h-6z")
_SIDE, _LEGEND, _LINE, _EDGE = 480, 220, 20, 12
_WHERE_PAIRS = f"M0,0h{_SIDE}v{_SIDE}h-{_SIDE}z"


@dataclass(frozen=True, repr=False)
class Mapped(Answer):
    """A map, coloured by one of the things that it knows of pairs."""

    map: Map
    colour: str

    def __post_init__(self) -> None:
        if self.colour not in self.map.colours:
            known = ", ".join(self.map.colours)
            raise CurateError(
                f"a map cannot be coloured by '{self.colour}'", f"name one of: {known}"
            )

    @cached_property
    def frame(self) -> pl.DataFrame:
        """`pair_id`, `x` and `y` within ±1, and a column for everything it can be coloured by."""
        places = {"pair_id": self.map.pair_ids, "x": self.map.x, "y": self.map.y}
        return pl.DataFrame({**places, **self.map.colours})

    @cached_property
    def groups(self) -> dict[str, int]:
        """Value -> points, the most frequent first."""
        return dict(Counter(self.map.colours[self.colour]).most_common())

    def blocks(self) -> Iterator[Block]:
        points = len(self.map.pair_ids)
        yield Title(self.map.title)
        if points < self.map.of:
            yield Line(f"{points:,} of {self.map.of:,} pairs, drawn by their ids")
        told = ", ".join(f"{name} {count:,}" for name, count in self.groups.items())
        yield Drawing("\n".join(self._svg()), f"{points:,} points by {self.colour}: {told}")

    def _svg(self) -> Iterator[str]:
        height = max(_SIDE, _LINE * (len(self.groups) + 1))
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_SIDE + _LEGEND}" height="{height}" '
            f'viewBox="0 0 {_SIDE + _LEGEND} {height}" role="img" '
            f'aria-label="{escape(self.map.title)}, by {escape(self.colour)}">'
        )
        yield f'<path d="{_WHERE_PAIRS}" fill="none" stroke="currentColor" stroke-opacity=".2"/>'
        yield from self._points()
        yield from self._legend()
        yield "</svg>"

    def _points(self) -> Iterator[str]:
        """A group at a time, so that what they share is written once; the rarest lie on top."""
        for group, name in enumerate(self.groups):
            yield f'<g fill="{_colour(group)}" fill-opacity=".75">'
            for pair_id, x, y in self._of(name):
                place = f"translate({x:.1f},{_SIDE - y:.1f})"
                told = f"<title>{escape(pair_id[:12])} {escape(name)}</title>"
                yield f'<path d="{_shape(group)}" transform="{place}">{told}</path>'
            yield "</g>"

    def _of(self, name: str) -> Iterator[tuple[str, float, float]]:
        """Points of a group, each axis stretched over the square but for a margin for the marks."""
        axes = {at: _EDGE + _within(pl.col(at)) * (_SIDE - 2 * _EDGE) for at in ("x", "y")}
        placed = self.frame.with_columns(**axes)
        yield from (
            placed.filter(pl.col(self.colour) == name).select("pair_id", "x", "y").iter_rows()
        )

    def _legend(self) -> Iterator[str]:
        for group, (name, count) in enumerate(self.groups.items()):
            place = f"translate({_SIDE + 16},{_LINE * (group + 1)})"
            mark = f'<path d="{_shape(group)}" fill="{_colour(group)}"/>'
            told = f'<text x="12" y="4" font-size="13" fill="currentColor">{escape(name)} {count:,}</text>'
            yield f'<g transform="{place}">{mark}{told}</g>'


def _within(axis: pl.Expr) -> pl.Expr:
    """From 0 to 1; where all are equal, in the middle."""
    long = axis.max() - axis.min()
    return pl.when(long > 0).then((axis - axis.min()) / long).otherwise(0.5)


def _colour(group: int) -> str:
    return _COLOURS[group % len(_COLOURS)]


def _shape(group: int) -> str:
    return _SHAPES[group // len(_COLOURS) % len(_SHAPES)]


def mapped(release: Release, colour: str) -> Mapped:
    """Raises `CurateError` where the recipe embeds nothing, or the store holds no embeddings any more."""
    recipe = read_recipe(release.path / "recipe.yaml", alone=True)
    store = MeasureStore(store_folder_of(release.workspace))
    if not store.root.is_dir():
        raise CurateError(
            f"there is no measure store at {store.root}", "CURATE_STORE names another"
        )
    with store.opened():
        vectors = embedded_in(release.pairs, recipe, known(recipe.fields, store), ())
    hidden = withheld(release.evidence)["pair_id"]
    found = map_of(vectors, release.evidence, hidden) if vectors else None
    if found is None:
        raise CurateError(
            f"no embeddings of {release.published.title} are known",
            "a step `align: {score: …}` makes them; the store at "
            f"{store.root} keeps them until it is pruned",
        )
    return Mapped(found, colour)
