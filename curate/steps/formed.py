"""Pairs formed of rows that each hold only some of the fields: what the new row says.

A content is taken whole, with its hash and span, from the first parent that has it; metadata are
the first value that is not null. Parents are asked in the order of their sources. Where two of
them say different things, the new pair's `detail` tells which was taken and which was not.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from curate.pairs.field import CLOCKED, Field, Fields


def formed(
    table: pl.DataFrame, matches: pl.DataFrame, sources: Sequence[str], fields: Fields
) -> pl.DataFrame:
    """`Outcome.added` for `matches`: `parents` in the order of `sources`, `detail`, and what else.

    A column of a field that the table lacks is left out.
    """
    parents = [_parent(table, matches, slot, fields) for slot in range(len(sources))]
    wide = pl.concat([matches, *parents], how="horizontal")
    chosen, told = [], [pl.col("detail")]
    for name, field in fields.items():
        columns = _columns(table, name, field)
        if columns:
            chosen += [_first(columns[0], column, len(sources)) for column in columns]
            told += _conflicts(name, columns[0], field, sources)
    detail = pl.concat_str(told, separator="; ", ignore_nulls=True).replace("", None)
    return wide.select(pl.exclude("detail", "^[0-9]+:.*$"), detail.alias("detail"), *chosen)


def _columns(table: pl.DataFrame, name: str, field: Field) -> list[str]:
    """A field's columns; the first is null where the field is absent."""
    if field.type == "metadata":
        wanted = [name]
    elif field.type == "text":
        wanted = [f"{name}_sha256", name]
    else:
        spans = ("file_sha256", "start", "end") if field.type in CLOCKED else ()
        wanted = [f"{name}_{part}" for part in ("sha256", *spans)]
    return [column for column in wanted if column in table.columns]


def _parent(table: pl.DataFrame, matches: pl.DataFrame, slot: int, fields: Fields) -> pl.DataFrame:
    """One parent's columns beside each match, as `<slot>:<column>`."""
    columns = [c for name, field in fields.items() for c in _columns(table, name, field)]
    ids = matches.select(pair_id=pl.col("parents").list.get(slot))
    rows = ids.join(table.select("pair_id", *columns), on="pair_id", maintain_order="left")
    return rows.select(pl.col(column).alias(f"{slot}:{column}") for column in columns)


def _first(key: str, column: str, slots: int) -> pl.Expr:
    """The column of the first parent whose key is not null."""
    value = pl.lit(None)
    for slot in reversed(range(slots)):
        known = pl.col(f"{slot}:{key}").is_not_null()
        value = pl.when(known).then(f"{slot}:{column}").otherwise(value)
    return value.alias(column)


def _conflicts(name: str, key: str, field: Field, sources: Sequence[str]) -> list[pl.Expr]:
    """Per later parent, what it says otherwise than the first that says anything."""
    said = [pl.col(f"{slot}:{key}") for slot in range(len(sources))]
    return [
        pl.when(value != pl.coalesce(said[:slot])).then(
            _conflict(name, field, said[:slot], value, sources, slot)
        )
        for slot, value in enumerate(said)
        if slot
    ]


def _conflict(
    name: str,
    field: Field,
    before: list[pl.Expr],
    value: pl.Expr,
    sources: Sequence[str],
    slot: int,
) -> pl.Expr:
    holders = zip(before, sources, strict=False)
    taken = pl.coalesce(pl.when(v.is_not_null()).then(pl.lit(source)) for v, source in holders)
    if field.type != "metadata":
        return pl.concat_str(pl.lit(f"{name} of "), taken, pl.lit(f", not of {sources[slot]}"))
    return pl.concat_str(
        pl.lit(f"{name} '"),
        pl.coalesce(before).cast(pl.String),
        pl.lit("' of "),
        taken,
        pl.lit(", not '"),
        value.cast(pl.String),
        pl.lit(f"' of {sources[slot]}"),
    )
