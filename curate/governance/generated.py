"""Who is in what machines made: synthetic pairs and labels, by group."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.governance.estimate import DECIMALS, Estimate, Record, share
from curate.governance.population import Counts, Field
from curate.pairs.origin import COLLECTED, DECLARED, LABELLED, SYNTHETIC


class Origins(Record):
    """Released pairs of a group, by where they are from."""

    level: str
    collected: int | None
    """None where the group is too small to show."""
    pseudo_labelled: int = 0
    declared_synthetic: int = 0
    synthetic: int = 0
    share: Estimate | None = None
    """Synthetic of all that are released; with intervals as if drawn from more of their kind."""
    of_synthetic: float | None = None
    """The group's share of all that is synthetic; beside its share of all that is not."""
    of_others: float | None = None


class Labels(Record):
    """Labels of one field, of the pairs of a group."""

    level: str
    asked: int | None
    """Labels that a machine gave, taken or not; None where they are too few to show."""
    taken: Estimate | None = None
    confidence: float | None = None
    """The mean."""
    in_place: int = 0
    """Values that labels took the place of."""
    unlike: Estimate | None = None
    """The share of those that say something else than what was there."""


class LabelledField(Record):
    """A filled field by the groups of a group field."""

    filled: str
    field: str
    levels: tuple[Labels, ...]


def origins(counts: Counts, made: Counts, hidden_below: int) -> dict[str, tuple[Origins, ...]]:
    """By field; empty where nothing that is released is of a machine."""
    kept = pl.concat([counts.pairs, made.pairs]).filter("kept")
    if not kept.filter(pl.col("origin") != COLLECTED).height:
        return {}
    return {
        field.name: tuple(_origins(counts, made, field, hidden_below)) for field in counts.fields
    }


def _origins(counts: Counts, made: Counts, field: Field, hidden_below: int) -> Iterator[Origins]:
    found: dict[int, dict[str, int]] = {}
    for of in (counts, made):
        sizes = of.pairs.filter("kept").group_by("origin", field.column).len()
        for origin, place, n in sizes.iter_rows():
            found.setdefault(place, {})[origin] = n
    synthetic = sum(each.get(SYNTHETIC, 0) for each in found.values())
    others = sum(sum(each.values()) for each in found.values()) - synthetic
    for place in sorted(found):
        yield _origins_of(field.levels[place], found[place], synthetic, others, hidden_below)


def _origins_of(
    level: str, sizes: dict[str, int], synthetic: int, others: int, hidden_below: int
) -> Origins:
    n, made = sum(sizes.values()), sizes.get(SYNTHETIC, 0)
    if n < hidden_below:
        return Origins(level=level, collected=None)
    return Origins(
        level=level,
        collected=sizes.get(COLLECTED, 0),
        pseudo_labelled=sizes.get(LABELLED, 0),
        declared_synthetic=sizes.get(DECLARED, 0),
        synthetic=made,
        share=share(made, n),
        of_synthetic=round(made / synthetic, DECIMALS) if synthetic else None,
        of_others=round((n - made) / others, DECIMALS) if others else None,
    )


def labels(made: pl.DataFrame, counts: Counts, hidden_below: int) -> tuple[LabelledField, ...]:
    """By filled field and group field, of what `made.parquet` says of pairs that were not made."""
    lines = made.join(counts.pairs, on="pair_id")
    return tuple(
        LabelledField(
            filled=name,
            field=field.name,
            levels=tuple(_labels(lines.filter(pl.col("field") == name), field, hidden_below)),
        )
        for name in lines["field"].unique().sort()
        for field in counts.fields
    )


def _labels(lines: pl.DataFrame, field: Field, hidden_below: int) -> Iterator[Labels]:
    replaced = pl.col("accepted") & pl.col("replaced").is_not_null()
    rows = lines.group_by(field.column).agg(
        asked=pl.len(),
        taken=pl.col("accepted").sum(),
        confidence=pl.col("confidence").mean().round(DECIMALS),
        in_place=replaced.sum(),
        unlike=(replaced & (pl.col("replaced") != pl.col("value"))).sum(),
    )
    for row in rows.sort(field.column).to_dicts():
        level = field.levels[row.pop(field.column)]
        if row["asked"] < hidden_below:
            yield Labels(level=level, asked=None)
        else:
            row["taken"] = share(row["taken"], row["asked"])
            row["unlike"] = share(row["unlike"], row["in_place"])
            yield Labels(level=level, **row)
