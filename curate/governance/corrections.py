"""What people found right and wrong, by group: the only truth that a release itself holds.

Of every value that a person looked at the ledger has a line, in the step `review`. The share that
was corrected is the error rate of what was looked at, which is seldom a random part.
"""

from __future__ import annotations

import polars as pl

from curate.governance.estimate import Estimate, Record, share
from curate.governance.population import Counts


class Reviewed(Record):
    """A group's values that people looked at."""

    level: str
    looked_at: int | None
    """None where they are too few to show."""
    corrected: Estimate | None = None


class Corrections(Record):
    """Of one field, by the groups of a group field."""

    reviewed: str
    field: str
    levels: tuple[Reviewed, ...]


def corrections(
    decisions: pl.DataFrame, counts: Counts, hidden_below: int
) -> tuple[Corrections, ...]:
    """Of every field that people looked at; none where nobody has."""
    lines = decisions.filter(pl.col("name") == "review").select(
        "pair_id",
        reviewed=pl.col("detail").str.extract(r"^([^:]+): "),
        corrected=pl.col("verdict") == "change",
    )
    rows = lines.join(counts.pairs, on="pair_id").drop_nulls("reviewed")
    found = []
    for name in rows["reviewed"].unique().sort():
        for field in counts.fields:
            of = rows.filter(pl.col("reviewed") == name).group_by(field.column)
            sizes = of.agg(pl.len(), pl.col("corrected").sum()).sort(field.column)
            levels = tuple(
                Reviewed(level=field.levels[place], looked_at=n, corrected=share(wrong, n))
                if n >= hidden_below
                else Reviewed(level=field.levels[place], looked_at=None)
                for place, n, wrong in sizes.iter_rows()
            )
            found.append(Corrections(reviewed=name, field=field.name, levels=levels))
    return tuple(found)
