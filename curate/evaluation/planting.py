"""How errors are planted, and how well they were found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from curate.evaluation.interval import DECIMALS
from curate.pairs.draw import uniform
from curate.pairs.field import CLOCKED

if TYPE_CHECKING:
    from curate.evaluation.evaluation import Replayed
    from curate.evaluation.interval import Rows

UNLIKE = 0.2
"""Share of words that two texts may have in common and still be unlike."""


def plant(
    table: pl.DataFrame, name: str, modality: str, share: float, number: int
) -> tuple[pl.DataFrame, pl.Series]:
    """The table with a share of one field's contents gone round, and the ids of those pairs."""
    able = table.filter(pl.col(f"{name}_sha256").is_not_null())
    draw = uniform(able["pair_id"], number, "plant")
    count = max(2, round(share * able.height))
    drawn = able.with_columns(draw=draw).sort("draw", "pair_id").head(count)
    givers = _givers(drawn, name, modality)
    columns = _columns(table, name, modality)
    moved = drawn.select("pair_id").hstack(drawn.select(columns)[givers])
    changed = np.array(givers) != np.arange(drawn.height)
    moved = moved.filter(pl.Series(changed))
    return table.update(moved, on="pair_id", how="left"), moved["pair_id"]


def _givers(drawn: pl.DataFrame, name: str, modality: str) -> list[int]:
    """Whose content each takes: the next one round that is unlike its own; else its own."""
    contents = drawn[name if modality == "text" else f"{name}_sha256"].to_list()
    words = [_words(content) if modality == "text" else {content} for content in contents]
    free = list(range(len(words)))
    givers = list(free)
    for at, own in enumerate(words):
        later = sorted(free, key=lambda other: (other - at - 1) % len(words))
        taken = next((other for other in later if _unlike(own, words[other])), None)
        if taken is not None:
            givers[at] = taken
            free.remove(taken)
    return givers


def _words(text: str) -> set[str]:
    return set("".join(c if c.isalnum() else " " for c in text.lower()).split())


def _unlike(one: set[str], other: set[str]) -> bool:
    return len(one & other) <= UNLIKE * len(one | other)


def _columns(table: pl.DataFrame, name: str, modality: str) -> list[str]:
    """All that belongs to one field's content."""
    parts = ["_sha256", "_uri"]
    parts += [""] if modality == "text" else ["_path", "_member"]
    parts += ["_file_sha256", "_start", "_end"] if modality in CLOCKED else []
    return [f"{name}{part}" for part in parts if f"{name}{part}" in table.columns]


def aligned(found: Replayed) -> pl.DataFrame:
    """`pair_id`, `verdict`, `score`: what align steps said of each pair; a drop counts above all,
    and of several scores the lowest.
    """
    said = found.decisions.filter(
        pl.col("name").str.starts_with("align")
        & pl.col("verdict").is_in(["keep", "drop", "review", "flag"])
        & pl.col("score").is_not_null()
    )
    dropped = (pl.col("verdict") == "drop").any()
    return said.group_by("pair_id").agg(
        verdict=pl.when(dropped).then(pl.lit("drop")).otherwise(pl.lit("keep")),
        score=pl.col("score").min(),
    )


def recall_at(scores: Rows, wrong: Rows, precision: float) -> float | None:
    """Share of the wrong ones among the lowest scores, as far down as these are wrong enough."""
    if not wrong.any():
        return None
    order = np.argsort(scores, kind="stable")
    found = np.cumsum(wrong[order])
    purity = found / np.arange(1, len(order) + 1)
    good = np.flatnonzero(purity >= precision)
    return float(found[good[-1]] / wrong.sum()) if len(good) else 0.0


def ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def mean(values: list[float | None]) -> dict[str, float | int | None]:
    known = np.array([value for value in values if value is not None])
    if not len(known):
        return {"value": None, "sd": None, "n": 0}
    spread = float(known.std(ddof=1)) if len(known) > 1 else None
    return {
        "value": round(float(known.mean()), DECIMALS),
        "sd": None if spread is None else round(spread, DECIMALS),
        "n": len(known),
    }
