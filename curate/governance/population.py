"""Whose decisions are audited, counted once: everything else is arithmetic on the counts.

Audited are collected, pseudo-labelled and declared pairs that are whole. Parts that live on in pairs
are not counted. Rows that came without what the recipe requires never were pairs and nothing was
decided about them; they are told apart, since the gap may lie with one group more than with another.
So are synthetic pairs: nobody had collected them, so nobody lost them. A null or blank group is the
group `unknown`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import polars as pl

from curate.pairs.origin import SYNTHETIC

UNKNOWN = "unknown"
MOST_LEVELS = 100
"""Of a field with more groups than this the smaller ones are one, named by how many they are."""


@dataclass(frozen=True)
class Field:
    """A group field and its groups, the largest first and `unknown` last."""

    name: str
    column: str
    """Where the groups' numbers stand in a frame of counts."""
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Counts:
    """The contingency table of all group fields together."""

    fields: tuple[Field, ...]
    pairs: pl.DataFrame
    """`pair_id`, `cell`, `kept`, `origin`, and `cluster` where one is named."""
    cells: pl.DataFrame
    """`cell`, a column of each field, `n`, `kept`."""

    def by(self, *fields: Field) -> pl.DataFrame:
        """A column of each of these fields, `n`, `kept`; only what occurs."""
        columns = [field.column for field in fields]
        return self.cells.group_by(columns).agg(pl.col("n", "kept").sum()).sort(columns)

    def of(self, rows: pl.DataFrame, field: Field, *by: str) -> pl.DataFrame:
        """Counts by cell (`cell`, `len`, and what else) as counts by a field's groups."""
        known = rows.join(self.cells.select("cell", field.column), on="cell")
        return known.group_by(*by, field.column).agg(pl.col("len").sum()).sort(*by, field.column)


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
) -> Populations:
    """Count the pairs of a release."""
    fields = [_field(pairs, *each) for each in enumerate(groups)]
    lacking = [] if decisions is None else _incomplete(decisions)
    made = pl.col("origin") == SYNTHETIC
    lacks = pl.col("pair_id").is_in(lacking)
    parts = (~made & ~lacks & (pl.col("status") != "paired"), ~made & lacks, made)
    return Populations(*(_counted(pairs.filter(part), fields, cluster_by) for part in parts))


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


def _counted(here: pl.DataFrame, fields: list[Field], cluster_by: str | None) -> Counts:
    cluster = [] if cluster_by is None else [pl.col(cluster_by).alias("cluster")]
    numbers = [_numbers(here[field.name], field) for field in fields]
    rows = here.select(
        "pair_id", "origin", *cluster, *numbers, kept=pl.col("status") == "kept"
    ).with_columns(cell=_cells(numbers, here.height))
    columns = [field.column for field in fields]
    cells = rows.group_by("cell").agg(
        pl.col(columns).first(), n=pl.len().cast(pl.Int64), kept=pl.col("kept").sum().cast(pl.Int64)
    )
    return Counts(tuple(fields), rows.drop(columns), cells.sort("cell"))


def _field(pairs: pl.DataFrame, place: int, name: str) -> Field:
    sizes = _levels(pairs[name]).value_counts(name="n").rows()
    levels = [level for level, _ in sorted(sizes, key=lambda size: (-size[1], size[0]))]
    known = [level for level in levels if level != UNKNOWN]
    if len(known) > MOST_LEVELS:
        known = [*known[:MOST_LEVELS], f"{len(known) - MOST_LEVELS} smaller groups"]
    last = [UNKNOWN] if UNKNOWN in levels else []
    return Field(name, f"group_{place}", (*known, *last))


def _levels(values: pl.Series) -> pl.Series:
    """Groups as texts."""
    if values.dtype.is_float():
        values = values.fill_nan(None)
    text = values.cast(pl.String).str.strip_chars().rename("level")
    return text.replace("", None).fill_null(UNKNOWN)


def _numbers(values: pl.Series, field: Field) -> pl.Series:
    """Each pair's group as its place among the field's."""
    places = pl.DataFrame(
        {"level": field.levels, "place": range(len(field.levels))},
        schema={"level": pl.String, "place": pl.UInt32},
    )
    rest = sum(level != UNKNOWN for level in field.levels) - 1
    found = _levels(values).to_frame().join(places, on="level", how="left", maintain_order="left")
    return found["place"].fill_null(max(rest, 0)).alias(field.column)


def _cells(numbers: Sequence[pl.Series], height: int) -> pl.Series:
    """One number for every combination of groups that occurs."""
    cell = pl.zeros(height, pl.UInt64, eager=True)
    for number in numbers:
        radix = (number.max() or 0) + 1  # type: ignore[operator]
        cell = (cell * radix + number.cast(pl.UInt64)).rank("dense").cast(pl.UInt64)
    return cell.alias("cell")
