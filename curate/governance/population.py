"""Whose decisions are audited, counted once: everything else is arithmetic on the counts.

Audited are collected, pseudo-labelled and declared pairs that are whole. Parts that live on in pairs
are not counted. Rows that came without what the recipe requires never were pairs and nothing was
decided about them; they are told apart, since the gap may lie with one group more than with another.
So are synthetic pairs: nobody had collected them, so nobody lost them. A null or blank group is the
group `unknown`; but where a step fills the field, pairs without a group that left before it are no
group: they would make every group that was named look kept more often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from curate.governance.proportion import Part
from curate.ledger.verdict import LEAVES
from curate.pairs.origin import SYNTHETIC

UNKNOWN = "unknown"
EARLY = "left before a step named it"
MOST_LEVELS = 100
"""Of a field with more groups than this the smaller ones are one, named by how many they are."""
Places: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"


@dataclass(frozen=True)
class Field:
    """A group field and its groups, the largest first, `unknown` and `EARLY` last."""

    name: str
    column: str
    """Where the groups' places stand among the columns of the pairs."""
    levels: tuple[str, ...]

    @property
    def early(self) -> int | None:
        """The place of what is no group; None where there is nothing."""
        return self.levels.index(EARLY) if EARLY in self.levels else None


@dataclass(frozen=True)
class Counts:
    """Pairs with the places of their groups; a group is known by its place among the field's."""

    fields: tuple[Field, ...]
    pairs: pl.DataFrame
    """`pair_id`, `row` in the release's table, `kept`, `origin`, the fields' columns, and `cluster`
    where one is named."""

    def places(self, field: Field) -> Places:
        """Of every pair its group."""
        return self.pairs[field.column].to_numpy().astype(np.int64)

    def by(self, field: Field) -> dict[int, Part]:
        """Pairs by group; only groups that occur."""
        return {at: part for (at,), part in self._by(self.places(field), (field,)).items()}

    def across(self, one: Field, other: Field) -> dict[tuple[int, int], Part]:
        """Pairs by the groups of two fields; only what occurs."""
        both = self.places(one) * len(other.levels) + self.places(other)
        return {(a, b): part for (a, b), part in self._by(both, (one, other)).items()}

    def _by(self, places: Places, fields: Sequence[Field]) -> dict[tuple[int, ...], Part]:
        shape = tuple(max(1, len(field.levels)) for field in fields)
        size = int(np.prod(shape))
        n = np.bincount(places, minlength=size)
        kept = np.bincount(places[self.pairs["kept"].to_numpy()], minlength=size)
        return {
            tuple(int(each) for each in np.unravel_index(at, shape)): Part(
                int(kept[at]), int(n[at])
            )
            for at in np.flatnonzero(n)
        }


@dataclass(frozen=True)
class Populations:
    """Everything in `pairs.parquet` but parts of pairs, in the same groups."""

    whole: Counts
    incomplete: Counts
    synthetic: Counts


def counted(
    pairs: pl.DataFrame,
    decisions: pl.DataFrame | None,
    groups: Sequence[str],
    cluster_by: str | None = None,
    made: pl.DataFrame | None = None,
) -> Populations:
    """Count the pairs of a release."""
    levels = [_levels(pairs[name]) for name in groups]
    if decisions is not None and made is not None:
        levels = [
            _without_early(each, pairs["pair_id"], _left_before(name, decisions, made))
            for name, each in zip(groups, levels, strict=True)
        ]
    fields = tuple(_field(at, name, levels[at]) for at, name in enumerate(groups))
    cluster = [] if cluster_by is None else [pl.col(cluster_by).alias("cluster")]
    rows = pairs.select(
        "pair_id",
        "origin",
        "status",
        *cluster,
        *(_places(each, field) for each, field in zip(levels, fields, strict=True)),
        kept=pl.col("status") == "kept",
    ).with_row_index("row")
    lacking = [] if decisions is None else _incomplete(decisions)
    synthetic, lacks = pl.col("origin") == SYNTHETIC, pl.col("pair_id").is_in(lacking)
    whole = ~synthetic & ~lacks & (pl.col("status") != "paired")
    parts = (whole, ~synthetic & lacks, synthetic)
    return Populations(*(Counts(fields, rows.filter(part)) for part in parts))


def _incomplete(decisions: pl.DataFrame) -> list[str]:
    """Rows that lacked something before any step decided or filled anything."""
    steps = decisions.select("step", "name").unique().sort("step")
    forming = takewhile(lambda row: _forms(row[1]), steps.iter_rows())
    places = [step for step, name in forming if name in ("read", "complete")]
    lines = decisions.filter(pl.col("step").is_in(places) & (pl.col("verdict") == "drop"))
    return lines["pair_id"].to_list()


def _forms(name: str) -> bool:
    """Whether a step only reads and forms pairs."""
    return name in ("read", "merge equal rows", "review", "complete") or name.startswith("pair ")


def _field(at: int, name: str, values: pl.Series) -> Field:
    sizes = values.value_counts(name="n").rows()
    levels = [level for level, _ in sorted(sizes, key=lambda size: (-size[1], size[0]))]
    known = [level for level in levels if level not in (UNKNOWN, EARLY)]
    if len(known) > MOST_LEVELS:
        known = [*known[:MOST_LEVELS], f"{len(known) - MOST_LEVELS} smaller groups"]
    last = [level for level in (UNKNOWN, EARLY) if level in levels]
    return Field(name, f"group_{at}", (*known, *last))


def _levels(values: pl.Series) -> pl.Series:
    """Groups as texts."""
    if values.dtype.is_float():
        values = values.fill_nan(None)
    text = values.cast(pl.String).str.strip_chars().rename("level")
    return text.replace("", None).fill_null(UNKNOWN)


def _left_before(name: str, decisions: pl.DataFrame, made: pl.DataFrame) -> pl.Series:
    """Pairs that left before the first step that fills a field; none where no step does."""
    first = made.filter(pl.col("field") == name)["step"].min()
    before = pl.col("step") < pl.lit(first, pl.String)
    return decisions.filter(pl.col("verdict").is_in(LEAVES) & before)["pair_id"]


def _without_early(levels: pl.Series, ids: pl.Series, gone: pl.Series) -> pl.Series:
    early = (levels == UNKNOWN) & ids.is_in(gone.implode())
    return levels.set(early, EARLY)


def _places(values: pl.Series, field: Field) -> pl.Series:
    """Each pair's group as its place among the field's; a smaller one is in the last that is known."""
    rest = max(0, sum(level not in (UNKNOWN, EARLY) for level in field.levels) - 1)
    known = {level: at for at, level in enumerate(field.levels)}
    return values.replace_strict(known, default=rest, return_dtype=pl.UInt32).alias(field.column)
