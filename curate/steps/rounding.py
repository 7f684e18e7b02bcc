"""How far a lower precision moves what models say: of a few contents it is computed in full too.

A content's vectors are compared by one less their cosine, and what moves them more than rounding does is
refused. A scorer's words are on a scale of its own: how far they move is told beside how far they span.
Which contents: those with the lowest hashes, so that builds of the same data take the same, and find
them in the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.errors import CurateError
from curate.steps.side import View
from curate.steps.threshold import Found

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure
    from curate.steps.step import Ask

SAMPLE = 16
TOLERANCE: Mapping[str, float] = {"fp16": 0.005, "bf16": 0.01, "int8": 0.03}
"""Of the sample's mean. What has more than that is no faster way to the same, but another model; of
`embedded` in int8 OpenMoji's drawings have 0.010, the stamps 0.008, captions 0.007."""


@dataclass(frozen=True)
class Moved:
    """How far the values of one measure moved."""

    what: str
    mean: float
    contents: int
    span: float | None = None
    """Of a scorer's words, which no bound is known for."""


def moved_vectors(seen: View, full: View, table: pl.DataFrame, ask: Ask) -> Moved | None:
    """Of a field's vectors; None where there is none to compare."""
    import numpy as np

    from curate.fits.ridge import unit

    keys = table[f"{seen.field}_sha256"].drop_nulls().unique().sort().head(SAMPLE)
    both = (
        ask.measure(seen.measure, keys)
        .select("key", rounded=seen.features)
        .join(ask.measure(full.measure, keys).select("key", full=full.features), on="key")
        .drop_nulls()
    )
    if both.is_empty():
        return None
    rounded, whole = (unit(np.array(both[name].to_list())) for name in ("rounded", "full"))
    off = 1.0 - (rounded * whole).sum(axis=1)
    return Moved(seen.field, float(off.mean()), both.height)


def moved_scores(measure: Measure, full: Measure, couples: pl.DataFrame, ask: Ask) -> Moved | None:
    """Of a scorer's words on couples, `left` and `right`; None where there are none."""
    chosen = couples.unique().sort("left", "right").head(SAMPLE)
    rounded = ask.compare(measure, chosen).select("left", "right", rounded="score")
    whole = ask.compare(full, chosen).select("left", "right", full="score")
    both = rounded.join(whole, on=["left", "right"]).drop_nulls()
    if both.is_empty():
        return None
    words = both["full"].to_list()
    off = [abs(one - other) for one, other in zip(both["rounded"], words, strict=True)]
    return Moved("scores", sum(off) / len(off), len(off), max(words) - min(words))


def rounding_found(moved: Sequence[Moved], precision: str) -> Found:
    """In words and in figures. Raises `CurateError` where it is more than `TOLERANCE`."""
    bound = TOLERANCE[precision]
    for one in moved:
        if one.span is None and not one.mean <= bound:  # nor is what is no number
            raise CurateError(
                f"in {precision} the model says something else: {_told(one)}, and at most "
                f"{bound} is taken for rounding",
                "choose another precision, such as fp32",
            )
    if not moved:
        return Found(None, {})
    note = f"{precision}: {', '.join(map(_told, moved))}"
    return Found(note, {f"moved by {precision}, {one.what}": round(one.mean, 6) for one in moved})


def _told(one: Moved) -> str:
    span = "" if one.span is None else f" where they span {one.span:.4f}"
    return f"{one.what} moved by {one.mean:.4f} in the mean of {one.contents}{span}"
