"""Tables of several sources as pair steps see them, and the least that such a step may ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from curate.fits.fit import Fit
from curate.measures.measure import Measure
from curate.pairs.field import (
    AudioField,
    Field,
    Fields,
    ImageField,
    MetadataField,
    TextField,
)
from curate.pairs.identity import content_hash

FIELDS: Fields = {
    "image": ImageField(type="image"),
    "caption": TextField(type="text"),
    "speech": AudioField(type="audio", optional=True),
    "kind": MetadataField(type="metadata"),
    "file": MetadataField(type="metadata"),
}
CLOCK = {"file_sha256": pl.String, "start": pl.Float64, "end": pl.Float64}


def pools(
    sources: Mapping[str, Sequence[Mapping[str, Any]]], fields: Fields = FIELDS
) -> pl.DataFrame:
    """One row per mapping; media are given by any name, spans as `<field>_start` and `_end`."""
    rows = [
        {"source": source, "row": str(number), **row}
        for source, given in sources.items()
        for number, row in enumerate(given)
    ]
    schema = {"source": pl.String, "row": pl.String}
    for name, of in fields.items():
        schema |= _schema(name, of)
    whole = [{**dict.fromkeys(schema), **_hashed(row, fields)} for row in rows]
    frame = pl.DataFrame(whole, schema=schema, orient="row").with_row_index("position")
    ids = pl.concat_str("source", "row", separator=":")
    return frame.with_columns(pl.col("position").cast(pl.Int64), pair_id=ids)


def _schema(name: str, of: Field) -> dict[str, Any]:
    if of.type == "metadata":
        return {name: pl.String}
    if of.type == "text":
        return {name: pl.String, f"{name}_sha256": pl.String}
    clock = {f"{name}_{part}": dtype for part, dtype in CLOCK.items()} if of.type == "audio" else {}
    return {f"{name}_sha256": pl.String, **clock}


def _hashed(row: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    said = dict(row)
    for name, of in fields.items():
        if of.type != "metadata" and said.get(name) is not None:
            content = said[name] if of.type == "text" else said.pop(name)
            said[f"{name}_sha256"] = content_hash(content)
            if of.type == "audio":
                said[f"{name}_file_sha256"] = content_hash(content)
    return said


@dataclass
class Answers:
    """Implements `Ask` with vectors given by content, and fits that run at once."""

    fields: Fields = field(default_factory=lambda: FIELDS)
    vectors: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Content key -> its vector; one that is not there cannot be read."""

    def measure(self, measures: Measure | Sequence[Measure], keys: pl.Series) -> pl.DataFrame:
        assert isinstance(measures, Measure)
        keys = keys.drop_nulls().unique().sort()
        rows = [self.vectors.get(key) for key in keys]
        errors = [None if row is not None else "damaged" for row in rows]
        frame = {"key": keys, "error": errors}
        vectors = {name: pl.Series(rows, dtype=pl.List(pl.Float32)) for name in measures.returns}
        return pl.DataFrame(frame | vectors, schema_overrides={"error": pl.String})

    def compare(self, measure: Measure, edges: pl.DataFrame) -> pl.DataFrame:
        raise NotImplementedError

    def hold(self, texts: pl.Series) -> pl.Series:
        raise NotImplementedError

    def texts(self, measure: Measure, texts: Sequence[str]) -> pl.DataFrame:
        raise NotImplementedError

    def fit(self, fit: Fit, table: pl.DataFrame) -> pl.DataFrame:
        import importlib

        module, _, factory = fit.compute.partition(":")
        found: pl.DataFrame = getattr(importlib.import_module(module), factory)(fit)(table)
        return found

    def others(self, path: str) -> pl.DataFrame:
        raise NotImplementedError

    def document(self, path: str) -> str:
        raise NotImplementedError

    def components(self) -> pl.DataFrame:
        raise NotImplementedError
