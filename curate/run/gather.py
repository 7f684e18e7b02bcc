"""From a recipe's sources to the table of pairs: rows read, media hashed, equal rows made one."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from curate.ledger.verdict import VERDICT, verdicts
from curate.pairs.draw import uniform
from curate.pairs.field import (
    CLOCKED,
    Fields,
    clocked_fields,
    content_fields,
    media_fields,
    metadata_fields,
)
from curate.pairs.identity import located_id
from curate.pairs.keys import collected_ids, content_hashes
from curate.pairs.span import span, span_key
from curate.run.fetching import Fetching
from curate.store.files import FileHashes, HashCounts
from curate.store.forgotten import Forgotten

if TYPE_CHECKING:
    from curate.recipe.recipe import Recipe

_BY_PLACE = ("refused", "unreadable")
_PROBLEM = {"refused": "refused", "unreadable": "unreadable", "missing": "drop"}


@dataclass(frozen=True)
class Gathered:
    """All pairs of a recipe, and what happened while they were read."""

    table: pl.DataFrame
    """One row per pair, or per part of one that a step will join, in reading order; see
    `curate.steps.step` for the columns, and `<field>_uri`, `<field>_path`, `<field>_member`,
    `occurrences` besides."""
    read: pl.DataFrame
    """Verdicts on every pair as it was read."""
    merged: pl.DataFrame
    """Verdicts on rows that were wholly equal to an earlier one."""
    rows: dict[str, int]
    """Rows read, by source."""
    hashing: HashCounts
    forgotten: pl.DataFrame
    """`source`, `row` of what was refused since it is forgotten; it is in nothing else."""
    unfetched: int
    """Files behind URLs that are not here yet, where none may be fetched; their rows are in nothing."""


def gather(recipe: Recipe, hashes: FileHashes, limit: int | None, fetching: Fetching) -> Gathered:
    """Read every source; `limit` takes a sample that is the same each time. What is forgotten is
    refused here, before anything looks at it or writes it down.
    """
    frames = [
        source.rows(recipe.fields_of(source), recipe.directory, str(source.name))
        for source in recipe.sources
    ]
    rows = _with_spans(pl.concat(frames, how="diagonal_relaxed"), recipe.fields)
    rows = rows.with_row_index("position")
    if limit is not None:
        rows = _sample(rows, limit, recipe.seed)
    rows, unfetched = fetching.fetched(rows, recipe.fields)
    rows, counts = _with_hashes(rows, recipe.fields, hashes)
    rows = rows.with_columns(_ids(rows, recipe.fields, recipe.joined))
    refused = _refused(rows, recipe.fields, hashes.forgotten)
    rows, forgotten = rows.filter(~refused), rows.filter(refused).select("source", "row")
    first = rows["pair_id"].is_first_distinct()
    pairs, merged = rows.filter(first), rows.filter(~first)
    again = merged.group_by("pair_id").agg(again=pl.len().cast(pl.Int64))
    table = pairs.join(again, on="pair_id", how="left", maintain_order="left").with_columns(
        pl.col("position").cast(pl.Int64),
        occurrences=1 + pl.col("again").fill_null(0),
        origin=pl.lit("collected"),
        parents=pl.lit([], pl.List(pl.String)),
        sources=pl.concat_list("source"),
    )
    return Gathered(
        table.drop("again", "problem", "problem_field", "problem_detail"),
        _read_verdicts(pairs),
        _merge_verdicts(merged),
        dict(rows.group_by("source").len().sort("source").iter_rows()),
        counts,
        forgotten,
        unfetched,
    )


def _refused(rows: pl.DataFrame, fields: Fields, forgotten: Forgotten) -> pl.Series:
    """Rows that hold a forgotten content, or are a forgotten pair, a part also by what it holds."""
    found = forgotten.pairs(rows["pair_id"])
    if not forgotten.marks:
        return found
    found |= forgotten.pairs(pair_ids(rows, fields))
    for name in content_fields(fields):
        keys = [f"{name}_sha256"] + [f"{name}_file_sha256"] * (fields[name].type in CLOCKED)
        for key in keys:
            found |= forgotten.contents(rows[key])
    return found


def _sample(rows: pl.DataFrame, limit: int, seed: int) -> pl.DataFrame:
    """So many rows by a hash of where they lie, in reading order."""
    names = rows.select(pl.concat_str("source", "row", separator="\0")).to_series()
    return rows.filter(uniform(names, seed, "limit").rank("ordinal") <= limit)


def _with_hashes(
    rows: pl.DataFrame, fields: Fields, hashes: FileHashes
) -> tuple[pl.DataFrame, HashCounts]:
    media = media_fields(fields)
    places = pl.concat(
        [pl.DataFrame(schema={"path": pl.String, "member": pl.String})]
        + [_places(rows, name) for name in media]
    )
    known, counts = hashes.of(places)
    for name in media:
        rows = _join_hash(rows, name, known)
        if fields[name].type in CLOCKED:
            rows = _with_span_keys(rows, name)
    for name in content_fields(fields):
        if name not in media:
            rows = rows.with_columns(content_hashes(rows[name]).rename(f"{name}_sha256"))
    return rows, counts


def _places(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    sound = rows.filter(
        (pl.col("problem").is_null() | (pl.col("problem") == "missing"))
        & pl.col(f"{name}_path").is_not_null()
    )
    return sound.select(path=f"{name}_path", member=pl.col(f"{name}_member").cast(pl.String))


def _join_hash(rows: pl.DataFrame, name: str, known: pl.DataFrame) -> pl.DataFrame:
    """Add `<name>_sha256`; a file that cannot be read is a problem of its row."""
    places = rows.select(path=f"{name}_path", member=pl.col(f"{name}_member").cast(pl.String))
    found = places.join(
        known, on=["path", "member"], how="left", nulls_equal=True, maintain_order="left"
    )
    error = found["error"]
    failed = error.is_not_null() & rows["problem"].is_null()
    return rows.with_columns(
        found["member"].alias(f"{name}_member"),
        found["sha256"].alias(f"{name}_sha256"),
        problem=pl.when(failed).then(pl.lit("unreadable")).otherwise("problem"),
        problem_field=pl.when(failed).then(pl.lit(name)).otherwise("problem_field"),
        problem_detail=pl.when(failed).then(error).otherwise("problem_detail"),
    )


def _with_spans(rows: pl.DataFrame, fields: Fields) -> pl.DataFrame:
    """Both ends of every span, in columns of their own; what cannot be a span is a problem."""
    for name in clocked_fields(fields):
        for end in (f"{name}_start", f"{name}_end"):
            if end not in rows.columns:
                rows = rows.with_columns(pl.lit(None, pl.Float64).alias(end))
        rows = rows.with_columns(pl.col(f"{name}_start", f"{name}_end").cast(pl.Float64))
        rows = _refuse_spans(rows, name)
    return rows


def _refuse_spans(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    start, end = pl.col(f"{name}_start"), pl.col(f"{name}_end")
    whole = start.is_null() & end.is_null()
    sound = (start >= 0) & (end > start) & start.is_finite() & end.is_finite()
    bad = ~whole & ~sound.fill_null(False) & pl.col("problem").is_null()
    told = pl.format("{} to {} s is no span of time", start, end)
    return rows.with_columns(
        problem=pl.when(bad).then(pl.lit("unreadable")).otherwise("problem"),
        problem_field=pl.when(bad).then(pl.lit(name)).otherwise("problem_field"),
        problem_detail=pl.when(bad).then(told).otherwise("problem_detail"),
    )


def _with_span_keys(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Add `<name>_file_sha256`; the content of a span has a key of its own."""
    whole = rows[f"{name}_sha256"].alias(f"{name}_file_sha256")
    return rows.with_columns(whole, content_keys(whole, rows[f"{name}_start"], rows[f"{name}_end"]))


def content_keys(files: pl.Series, starts: pl.Series, ends: pl.Series) -> pl.Series:
    """`<field>_sha256` of recordings: of the file, or of the span where there is one."""
    rows = zip(files, starts, ends, strict=True)
    keys = [
        file if file is None or start is None else span_key(file, span(start, end))
        for file, start, end in rows
    ]
    return pl.Series(files.name.removesuffix("_file_sha256") + "_sha256", keys, pl.String)


def pair_ids(rows: pl.DataFrame, fields: Fields) -> pl.Series:
    """The ids of pairs by their contents and metadata; a column that is not there holds nothing."""
    named = {name: f"{name}_sha256" for name in content_fields(fields)}
    named |= {name: name for name in metadata_fields(fields)}
    nothing = pl.lit(None, pl.String)
    return collected_ids(
        rows.select(
            (pl.col(column) if column in rows.columns else nothing).alias(name)
            for name, column in named.items()
        )
    )


def _ids(rows: pl.DataFrame, fields: Fields, joined: Set[str]) -> pl.Series:
    """A pair is its contents and metadata; one that cannot be read is its place, and so is a part
    of a pair: two that hold the same may belong to different others.
    """
    placed = rows["problem"].is_in(_BY_PLACE).fill_null(False) | rows["source"].is_in(joined)
    places = rows.filter(placed).select("source", "row").iter_rows()
    located = pl.Series([located_id(*place) for place in places], dtype=pl.String)
    own = pair_ids(rows, fields)
    return own.scatter(placed.arg_true(), located) if located.len() else own


def _read_verdicts(pairs: pl.DataFrame) -> pl.DataFrame:
    problem = pl.col("problem")
    return verdicts(
        pairs.select(
            "pair_id",
            verdict=problem.replace_strict(_PROBLEM, default=None, return_dtype=pl.String),
            reason=pl.concat_str("problem_field", problem, separator=" "),
            detail=pl.concat_str("problem_field", "problem_detail", separator=": "),
        )
    )


def _merge_verdicts(merged: pl.DataFrame) -> pl.DataFrame:
    if not merged.height:
        return pl.DataFrame(schema=VERDICT)
    return verdicts(
        merged.select(
            "pair_id",
            verdict=pl.lit("merge"),
            reason=pl.lit("equal row"),
            related_id="pair_id",
            detail=pl.concat_str("source", "row", separator=": "),
        )
    )
