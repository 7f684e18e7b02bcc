"""From a recipe's sources to the table of pairs: rows read, media hashed, equal rows made one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.ledger.verdict import VERDICT, verdicts
from curate.pairs.draw import uniform
from curate.pairs.field import Fields, content_fields, media_fields, metadata_fields
from curate.pairs.identity import collected_id, content_hash, located_id
from curate.store.files import FileHashes, HashCounts

if TYPE_CHECKING:
    from curate.recipe.recipe import Recipe

_PROBLEM = {"refused": "refused", "unreadable": "unreadable", "missing": "drop"}


@dataclass(frozen=True)
class Gathered:
    """All pairs of a recipe, and what happened while they were read."""

    table: pl.DataFrame
    """One row per pair, in reading order; see `curate.steps.step` for the columns, and
    `<field>_uri`, `<field>_path`, `<field>_member`, `occurrences` besides."""
    read: pl.DataFrame
    """Verdicts on every pair as it was read."""
    merged: pl.DataFrame
    """Verdicts on rows that were wholly equal to an earlier one."""
    rows: dict[str, int]
    """Rows read, by source."""
    hashing: HashCounts


def gather(recipe: Recipe, hashes: FileHashes, limit: int | None) -> Gathered:
    """Read every source; `limit` takes a sample that is the same each time."""
    frames = [
        source.rows(recipe.fields, recipe.directory, str(source.name)) for source in recipe.sources
    ]
    rows = pl.concat(frames, how="diagonal_relaxed").with_row_index("position")
    if limit is not None:
        rows = _sample(rows, limit, recipe.seed)
    rows, counts = _with_hashes(rows, recipe.fields, hashes)
    rows = rows.with_columns(_ids(rows, recipe.fields))
    merged = rows.filter(~pl.col("pair_id").is_first_distinct())
    occurrences = rows.group_by("pair_id").agg(occurrences=pl.len().cast(pl.Int64))
    pairs = rows.unique("pair_id", keep="first", maintain_order=True).join(
        occurrences, on="pair_id", maintain_order="left"
    )
    table = pairs.with_columns(
        pl.col("position").cast(pl.Int64),
        origin=pl.lit("collected"),
        parents=pl.lit([], pl.List(pl.String)),
    )
    return Gathered(
        table.drop("problem", "problem_field", "problem_detail"),
        _read_verdicts(pairs),
        _merge_verdicts(merged),
        dict(rows.group_by("source").len().sort("source").iter_rows()),
        counts,
    )


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
    for name in content_fields(fields):
        if name not in media:
            rows = rows.with_columns(_text_hash(rows[name]).rename(f"{name}_sha256"))
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


def _text_hash(texts: pl.Series) -> pl.Series:
    hashed = [None if text is None else content_hash(text) for text in texts]
    return pl.Series(texts.name, hashed, pl.String)


def _ids(rows: pl.DataFrame, fields: Fields) -> pl.Series:
    """A pair is its contents and metadata; one that cannot be read is its place."""
    named = {name: f"{name}_sha256" for name in content_fields(fields)}
    named |= {name: name for name in metadata_fields(fields)}
    columns = rows.select("source", "row", "problem", *named.values())
    ids = [_id(values, named) for values in columns.iter_rows(named=True)]
    return pl.Series("pair_id", ids, pl.String)


def _id(row: dict[str, Any], named: dict[str, str]) -> str:
    if row["problem"] in ("refused", "unreadable"):
        return located_id(row["source"], row["row"])
    return collected_id({name: row[column] for name, column in named.items()})


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
