"""What people found right and wrong, by group: the only truth that a release itself holds.

Of everything that a person decided the ledger has a line, in the step `review`. The share of values that
was corrected, or called wrong, is the error rate of what was looked at, which is seldom a random
part. Who decided what is told by group too: people have their leanings as models have.
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


class Deeds(Record):
    """What a person decided of a group's pairs."""

    level: str
    pairs: int | None
    """None where they are too few to show."""
    said: dict[str, int] | None = None
    """`kept`, `corrected` and so on -> how often."""


class Reviewer(Record):
    """A person, by the groups of a group field."""

    by: str
    field: str
    levels: tuple[Deeds, ...]


_VALUES = {
    "corrected by": "corrected",
    "confirmed by": "confirmed",
    "called wrong by": "called wrong",
}
_PAIRS = {
    "kept by": "kept",
    "dropped by": "dropped",
    "unsafe, said": "unsafe",
    "synthetic, said": "synthetic",
}
_REASON = rf"(?s)^({'|'.join([*_VALUES, *_PAIRS])}) (.+)$"
"""As `curate.run.reviewing` writes it: what was decided, and by whom."""


def corrections(
    decisions: pl.DataFrame, counts: Counts, hidden_below: int
) -> tuple[Corrections, ...]:
    """Of every field that people looked at; none where nobody has."""
    lines = _lines(decisions).filter(pl.col("said").is_in(list(_VALUES.values())))
    values = lines.select(
        "pair_id",
        reviewed=pl.col("detail").str.extract(r"^([^:]+): "),
        corrected=pl.col("said") != "confirmed",
    )
    rows = values.join(counts.pairs, on="pair_id").drop_nulls("reviewed")
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


def reviewers(decisions: pl.DataFrame, counts: Counts, hidden_below: int) -> tuple[Reviewer, ...]:
    """What each person decided of each group, by name; none where nobody has."""
    rows = _lines(decisions).join(counts.pairs, on="pair_id")
    found = []
    for by in rows["by"].unique().sort():
        mine = rows.filter(pl.col("by") == by)
        for field in counts.fields:
            groups = mine.partition_by(field.column, as_dict=True)
            levels = tuple(
                _deeds(field.levels[place], groups[(place,)], hidden_below)
                for (place,) in sorted(groups)
            )
            found.append(Reviewer(by=by, field=field.name, levels=levels))
    return tuple(found)


def _deeds(level: str, lines: pl.DataFrame, hidden_below: int) -> Deeds:
    pairs = lines["pair_id"].n_unique()
    if pairs < hidden_below:
        return Deeds(level=level, pairs=None)
    said = lines["said"].value_counts().sort("said")
    return Deeds(level=level, pairs=pairs, said=dict(said.iter_rows()))


def _lines(decisions: pl.DataFrame) -> pl.DataFrame:
    """`pair_id`, `detail`, what was `said` and `by` whom."""
    reviews = decisions.filter(pl.col("name") == "review")
    words = pl.col("reason").str.extract(_REASON, 1)
    return reviews.select(
        "pair_id",
        "detail",
        said=words.replace_strict(_VALUES | _PAIRS, default=None, return_dtype=pl.String),
        by=pl.col("reason").str.extract(_REASON, 2),
    ).drop_nulls("said")


def reviewed_pairs(decisions: pl.DataFrame) -> int:
    """Pairs that people decided something of."""
    return _lines(decisions)["pair_id"].n_unique()
