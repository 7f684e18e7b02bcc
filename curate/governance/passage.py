"""What each step said of each group. Descriptive: the tests are at the end of all steps."""

from __future__ import annotations

import polars as pl

from curate.governance.estimate import Estimate, Record, share
from curate.governance.population import Counts, Field
from curate.ledger.verdict import LEAVES


class Passed(Record):
    """A group at a step."""

    level: str
    seen: int | None
    """None where the group is too small to show."""
    left: int | None = None
    rate: Estimate | None = None
    """Stayed of those that the step saw."""
    verdicts: dict[str, int] | None = None
    """Pairs by verdict, all but `keep`."""


class StepPassage(Record):
    """A step, by field and group."""

    step: str
    name: str
    seen: int
    left: int
    fields: dict[str, tuple[Passed, ...]]


def passages(decisions: pl.DataFrame, counts: Counts, hidden_below: int) -> tuple[StepPassage, ...]:
    """Every step that the ledger knows, in order."""
    lines = said(decisions, counts)
    return tuple(
        _passage(rows, counts, hidden_below)
        for rows in lines.partition_by("step", maintain_order=True)
    )


def said(decisions: pl.DataFrame, counts: Counts) -> pl.DataFrame:
    """`step`, `name`, `verdict`, `cell`, `len`: pairs by what a step said of them, `seen` for any."""
    steps = decisions.select("step", "name").unique().sort("step")
    codes = decisions.select("pair_id", "step", pl.col("verdict").cast(pl.Categorical)).join(
        counts.pairs.select("pair_id", "cell").with_row_index("pair"), on="pair_id"
    )
    lines = codes.select(pl.col("step").cast(pl.Categorical), "verdict", "pair", "cell").unique()
    each = lines.group_by("step", "verdict", "cell").len()
    seen = lines.unique(["step", "pair"]).group_by("step", "cell").len()
    every = pl.concat(
        [
            each.with_columns(pl.col("step", "verdict").cast(pl.String)),
            seen.with_columns(pl.col("step").cast(pl.String), verdict=pl.lit("seen")),
        ],
        how="diagonal",
    )
    return every.join(steps, on="step").sort("step", "verdict", "cell")


def _passage(lines: pl.DataFrame, counts: Counts, hidden_below: int) -> StepPassage:
    step, name = lines.select("step", "name").row(0)
    return StepPassage(
        step=step,
        name=name,
        seen=_sum(lines, pl.col("verdict") == "seen"),
        left=_sum(lines, pl.col("verdict").is_in(LEAVES)),
        fields={field.name: _levels(lines, counts, field, hidden_below) for field in counts.fields},
    )


def _sum(lines: pl.DataFrame, which: pl.Expr) -> int:
    return int(lines.filter(which)["len"].sum())


def _levels(
    lines: pl.DataFrame, counts: Counts, field: Field, hidden_below: int
) -> tuple[Passed, ...]:
    found: dict[int, dict[str, int]] = {}
    for verdict, place, number in counts.of(lines, field, "verdict").iter_rows():
        found.setdefault(place, {})[verdict] = number
    return tuple(
        _passed(field.levels[place], found[place], hidden_below) for place in sorted(found)
    )


def _passed(level: str, verdicts: dict[str, int], hidden_below: int) -> Passed:
    seen = verdicts.pop("seen", 0)
    if seen < hidden_below:
        return Passed(level=level, seen=None)
    left = sum(verdicts.get(verdict, 0) for verdict in LEAVES)
    others = {verdict: n for verdict, n in sorted(verdicts.items()) if verdict != "keep"}
    return Passed(level=level, seen=seen, left=left, rate=share(seen - left, seen), verdicts=others)
