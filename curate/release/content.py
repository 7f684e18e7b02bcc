"""What a release says, before a byte of it is written: its tables, a lock, and their digest."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from curate.pairs.digest import table_digest
from curate.pairs.field import Fields, content_fields, media_fields, metadata_fields
from curate.pairs.identity import canonical_json, content_hash
from curate.pairs.order import by_name

_AT_ONCE = 2
"""Tables digested at a time; of each a column is held twice."""


@dataclass(frozen=True)
class ReleaseContent:
    """The logical content of a release."""

    name: str
    version: str
    fields: Fields
    data: Mapping[str, pl.DataFrame]
    """Split -> kept pairs; media fields as `<field>_sha256` of the bytes released."""
    pairs: pl.DataFrame
    decisions: pl.DataFrame
    lock: Mapping[str, Any]
    clusters: pl.DataFrame | None = None
    """Copies and what they are copies of; None where no step looked for any."""
    made: pl.DataFrame | None = None
    """What machines made, columns of `curate.ledger.made.REPORTED`; None where no step makes any."""

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """What stands beside the data, by the file's name."""
        every = {
            "pairs": self.pairs,
            "decisions": self.decisions,
            "clusters": self.clusters,
            "made": self.made,
        }
        return {name: table for name, table in every.items() if table is not None}

    @cached_property
    def digests(self) -> dict[str, str]:
        """One digest per part."""
        tables = {f"data/{name}": frame for name, frame in self.data.items()} | self.tables
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            parts = dict(zip(tables, pool.map(table_digest, tables.values()), strict=True))
        parts["lock"] = content_hash(canonical_json(self.lock))
        return parts

    @cached_property
    def digest(self) -> str:
        """The content digest: equal for equal releases, whatever their files look like."""
        return content_hash(canonical_json(self.digests))


def pairs_table(
    table: pl.DataFrame, fields: Fields, split: pl.DataFrame | None, published: pl.DataFrame
) -> pl.DataFrame:
    """`pairs.parquet`: every pair ever seen, with what steps publish. Needs the column `status`."""
    columns = ["pair_id", "origin", "parents", "occurrences", "source", "row"]
    for name in content_fields(fields):
        columns += [name] if fields[name].type == "text" else []
        columns += [f"{name}_uri", f"{name}_sha256", *_ends(table, name)]
    columns += [*metadata_fields(fields), *published.columns[1:], "status"]
    table = table.join(published, on="pair_id", how="left", maintain_order="left")
    if split is not None:
        table = table.join(split, on="pair_id", how="left", maintain_order="left")
        columns.append("split")
    return by_name(table.select(columns), "pair_id")


def data_columns(fields: Fields) -> list[str]:
    """Columns of the kept pairs' table before media are read."""
    media = media_fields(fields)
    return ["pair_id", "origin", *(f"{name}_sha256" if name in media else name for name in fields)]


def place_columns(table: pl.DataFrame, fields: Fields) -> list[str]:
    """Columns that say where a medium lies, for releases that hold none."""
    media = media_fields(fields)
    return [column for name in media for column in (f"{name}_uri", *_ends(table, name))]


def _ends(table: pl.DataFrame, name: str) -> list[str]:
    """The columns of a field's spans, where any pair holds a span of it."""
    ends = [f"{name}_start", f"{name}_end"]
    spans = ends[0] in table.columns and table[ends[0]].null_count() < table.height
    return ends if spans else []
