"""From what a step proposes to rows of the table: contents named, bytes kept, ids given.

A pair made of collected parts is a collected pair: its id is the hash of its contents and metadata,
as if its source had held it whole. `parents` names the parts, and `row` where each of them lay.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from curate.errors import CurateError
from curate.ledger.verdict import VERDICT, verdicts
from curate.pairs.field import (
    CLOCKED,
    Fields,
    content_fields,
    media_fields,
)
from curate.pairs.keys import content_hashes
from curate.pairs.origin import COLLECTED, DECLARED
from curate.run.gather import content_keys, pair_ids
from curate.store.blobs import Blobs


@dataclass(frozen=True)
class Admitted:
    """New rows for the table, and the verdicts that brought them in, or rejected them."""

    rows: pl.DataFrame
    verdicts: pl.DataFrame

    @property
    def accepted(self) -> pl.Series:
        """The ids of those that are in."""
        return self.verdicts.filter(pl.col("verdict") == "add")["pair_id"]


def admit(added: pl.DataFrame, table: pl.DataFrame, fields: Fields, blobs: Blobs) -> Admitted:
    """The pairs of `Outcome.added` as rows of the table; those that are there already stay out."""
    rows = _with_contents(added, table, fields, blobs)
    if "pair_id" not in rows.columns:
        rows = rows.with_columns(pair_ids(rows, fields), _origin(rows, table))
    if "verdict" not in rows.columns:
        rows = rows.with_columns(verdict=pl.lit("add"))
    rows = _with_places(rows, table)
    new = rows.filter(pl.col("pair_id").is_first_distinct()).join(
        table.select("pair_id"), on="pair_id", how="anti", maintain_order="left"
    )
    first = int(table["position"].max() or 0) + 1 if table.height else 0  # type: ignore[arg-type]
    occurrences = rows.group_by("pair_id").agg(occurrences=pl.len().cast(pl.Int64))
    numbered = new.join(occurrences, on="pair_id", maintain_order="left").with_columns(
        position=pl.int_range(first, first + new.height, dtype=pl.Int64)
    )
    said = [name for name in VERDICT if name in new.columns]
    entered = verdicts(new.select(said))
    return Admitted(_as_table(numbered, table), entered)


def change(
    changed: pl.DataFrame, table: pl.DataFrame, fields: Fields, blobs: Blobs
) -> pl.DataFrame:
    """The table with the contents of some pairs replaced; their ids stay what they were."""
    rows = _with_contents(changed, table, fields, blobs)
    known = set(table.columns) & set(rows.columns) - {"pair_id"}
    after = table.update(rows.select("pair_id", *sorted(known)), on="pair_id", how="left")
    return _out_of_containers(after, rows, fields)


def _out_of_containers(table: pl.DataFrame, changed: pl.DataFrame, fields: Fields) -> pl.DataFrame:
    """A file that was changed is no member of the table or archive any more that its source was."""
    for name in media_fields(fields):
        if f"{name}_path" in changed.columns:
            places = changed.select("pair_id", path=f"{name}_path", member=f"{name}_member")
            moved = places.filter(pl.col("path").is_not_null() & pl.col("member").is_null())
            here = pl.col("pair_id").is_in(moved["pair_id"].implode())
            member = pl.when(~here).then(f"{name}_member")
            table = table.with_columns(member.alias(f"{name}_member"))
    return table


def joined(said: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The verdicts `paired` with the id of the first pair that a part went into."""
    parts = rows.select("parents", child="pair_id").explode("parents").drop_nulls()
    first = parts.unique("parents", keep="first", maintain_order=True)
    known = said.join(
        first, left_on="pair_id", right_on="parents", how="left", maintain_order="left"
    )
    is_part = pl.col("verdict") == "paired"
    related = pl.when(is_part).then(pl.coalesce("related_id", "child")).otherwise("related_id")
    return known.with_columns(related_id=related).drop("child")


def _with_contents(
    frame: pl.DataFrame, table: pl.DataFrame, fields: Fields, blobs: Blobs
) -> pl.DataFrame:
    """Every content's key and place, from what the step said of it."""
    for name in content_fields(fields):
        if f"{name}_bytes" in frame.columns:
            frame = _with_blobs(frame, name, fields[name].type, blobs)
        elif fields[name].type in CLOCKED and f"{name}_file_sha256" in frame.columns:
            frame = _with_span(frame, name)
        elif fields[name].type == "text" and name in frame.columns:
            frame = frame.with_columns(content_hashes(frame[name]).rename(f"{name}_sha256"))
        if name in media_fields(fields) and f"{name}_sha256" in frame.columns:
            frame = _with_file(frame, name, table, fields, blobs)
    return frame


def _with_blobs(frame: pl.DataFrame, name: str, modality: str, blobs: Blobs) -> pl.DataFrame:
    kept = [None if data is None else blobs.put(data) for data in frame[f"{name}_bytes"]]
    keys = pl.Series([None if one is None else one[1] for one in kept], dtype=pl.String)
    frame = frame.drop(f"{name}_bytes").with_columns(keys.alias(f"{name}_sha256"))
    if modality not in CLOCKED:
        return frame
    whole = pl.lit(None, pl.Float64)
    return frame.with_columns(
        keys.alias(f"{name}_file_sha256"),
        whole.alias(f"{name}_start"),
        whole.alias(f"{name}_end"),
    )


def _with_span(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    for end in (f"{name}_start", f"{name}_end"):
        if end not in frame.columns:
            frame = frame.with_columns(pl.lit(None, pl.Float64).alias(end))
    ends = (frame[f"{name}_start"], frame[f"{name}_end"])
    return frame.with_columns(content_keys(frame[f"{name}_file_sha256"], *ends))


def _with_file(
    frame: pl.DataFrame, name: str, table: pl.DataFrame, fields: Fields, blobs: Blobs
) -> pl.DataFrame:
    """Where the bytes lie: where the table has them, but for those that were made."""
    key = f"{name}_file_sha256" if fields[name].type in CLOCKED else f"{name}_sha256"
    place = [f"{name}_path", f"{name}_member", f"{name}_uri"]
    known = table.select(key, *place).drop_nulls(key).unique(key, keep="first", maintain_order=True)
    frame = frame.drop(place, strict=False).join(known, on=key, how="left", maintain_order="left")
    paths = [
        path or (str(blobs.path(sha256)) if sha256 else None)
        for sha256, path in frame.select(key, f"{name}_path").iter_rows()
    ]
    return frame.with_columns(pl.Series(f"{name}_path", paths, pl.String))


def _with_places(rows: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """`source` of the first part, the `sources` of all, and the `row` of every part."""
    places = table.select("source", "sources", "row", parents="pair_id")
    parts = rows.with_row_index("at").select("at", "parents").explode("parents")
    named = parts.join(places, on="parents", how="left", maintain_order="left")
    if named["source"].null_count():
        raise CurateError("a step made a pair of parts that no source has given")
    told = named.group_by("at", maintain_order=True).agg(
        pl.col("source").first(),
        pl.col("sources").explode().unique(maintain_order=True),
        pl.col("row").unique(maintain_order=True).str.join(" + "),
    )
    return rows.drop("source", "sources", "row", strict=False).hstack(told.drop("at"))


def _origin(rows: pl.DataFrame, table: pl.DataFrame) -> pl.Series:
    """A pair is collected, unless a part of it is said to be generated."""
    declared = table.filter(pl.col("origin") == DECLARED)["pair_id"]
    of = pl.col("parents").list.eval(pl.element().is_in(declared.implode())).list.any()
    origin = pl.when(of).then(pl.lit(DECLARED)).otherwise(pl.lit(COLLECTED))
    return rows.select(origin=origin).to_series()


def _as_table(rows: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """The columns of the table in its order and types; what a step did not name is null."""
    columns = [
        (pl.col(name) if name in rows.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in table.schema.items()
    ]
    return rows.select(columns)
