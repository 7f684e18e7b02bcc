"""Other data that a step holds pairs against: a release, or a list of hashes or texts.

    row, field, kind, value      see `curate.steps.against`

What can be looked at, texts and the media that a release embeds, comes with its places, so that it is
measured as the pairs' own contents are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate.errors import DataError
from curate.pairs.field import Fields, content_fields
from curate.pairs.identity import content_hash
from curate.release.publish import read_manifest
from curate.run.contents import Contents, placed

HASHES = {"sha256": 64, "md5": 32, "pdq": 64}
"""Columns of a list and how many hexadecimal digits each has."""
_SCHEMA = {"row": pl.String, "field": pl.String, "kind": pl.String, "value": pl.String}


@dataclass(frozen=True)
class Others:
    """What it holds, where that lies, and a hash that names this state of it."""

    rows: pl.DataFrame
    places: pl.DataFrame
    revision: str


def read_others(path: Path, fields: Fields) -> Others:
    """A release's folder or a list; raises `DataError` for what is neither."""
    manifest = read_manifest(path) if path.is_dir() else None
    if manifest is not None:
        return _of_release(path, fields, str(manifest["digest"]))
    if path.suffix.lower() not in (".parquet", ".csv") or not path.is_file():
        raise DataError(
            f"{path} is no release and no list", "name a release's folder, a .parquet or a .csv"
        )
    with path.open("rb") as file:
        revision = hashlib.file_digest(file, "sha256").hexdigest()
    return _of_list(path, fields, revision)


def read_document(path: Path) -> tuple[str, str]:
    """A file's text, and a hash that names this state of it; `DataError` for what is no text."""
    try:
        data = path.read_bytes()
        return data.decode("utf-8-sig"), content_hash(data)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as text: {error}") from None


def _of_list(path: Path, fields: Fields, revision: str) -> Others:
    table = _table(path)
    texts = [n for n in table.columns if n in fields and fields[n].type == "text"]
    hashes = [n for n in table.columns if n in HASHES]
    if not texts and not hashes:
        wanted = ", ".join([*HASHES, *(n for n in fields if fields[n].type == "text")])
        raise DataError(f"{path} has none of the columns {wanted}", "name one of its columns so")
    contents = {name: _texts(table[name]) for name in texts}
    rows = [_hashes(table[name], path) for name in hashes]
    rows += [_named(table[name], each) for name, each in contents.items()]
    places = [each.places for each in contents.values()]
    return Others(pl.concat(rows), pl.concat([placed(), *places]), revision)


def _table(path: Path) -> pl.DataFrame:
    try:
        if path.suffix.lower() == ".csv":
            return pl.read_csv(path, infer_schema=False)
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{path} cannot be read: {error}") from None


def _hashes(column: pl.Series, path: Path) -> pl.DataFrame:
    """Spelt in any case; what is no hash is said, since nothing would match it."""
    digits = HASHES[column.name]
    values = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    wrong = values.filter(~values.str.contains(f"^[0-9a-f]{{{digits}}}$"))
    if wrong.len():
        raise DataError(
            f"{path}: '{wrong[0]}' is no {column.name}", f"{digits} hexadecimal digits a row"
        )
    return _rows(None, column.name, values)


def _texts(column: pl.Series) -> Contents:
    return Contents.of_texts(column.drop_nulls().cast(pl.String).unique().to_list())


def _named(column: pl.Series, contents: Contents, rows: pl.Series | None = None) -> pl.DataFrame:
    """The texts of a column by their hashes."""
    texts = pl.DataFrame({"text": column.cast(pl.String)})
    known = contents.places.select("text", "key")
    keys = texts.join(known, on="text", how="left", maintain_order="left")["key"]
    return _rows(column.name, "content", keys, rows)


def _rows(
    field: str | None, kind: str, values: pl.Series, rows: pl.Series | None = None
) -> pl.DataFrame:
    """What a column holds, row by row; without names, rows are numbered from 1."""
    numbers = pl.int_range(1, values.len() + 1, eager=True).cast(pl.String)
    named = pl.DataFrame(
        {"row": numbers if rows is None else rows, "value": values.cast(pl.String)}
    )
    said = named.select("row", field=pl.lit(field, pl.String), kind=pl.lit(kind), value="value")
    return said.drop_nulls("value")


def _of_release(path: Path, fields: Fields, revision: str) -> Others:
    pairs = pl.read_parquet(path / "pairs.parquet").filter(pl.col("status") == "kept")
    rows, places = [pl.DataFrame(schema=_SCHEMA)], [placed()]
    for name in content_fields(fields):
        if f"{name}_sha256" in pairs.columns:
            rows.append(_rows(name, "sha256", pairs[f"{name}_sha256"], pairs["pair_id"]))
        if fields[name].type == "text" and name in pairs.columns:
            texts = _texts(pairs[name])
            places.append(texts.places)
            rows.append(_named(pairs[name], texts, pairs["pair_id"]))
        else:
            found = _embedded(path, name, fields[name].type)
            places.append(placed(found.drop("row")))
            rows.append(_rows(name, "content", found["key"], found["row"]))
    return Others(pl.concat(rows), pl.concat(places), revision)


def _embedded(release: Path, name: str, modality: str) -> pl.DataFrame:
    """Places of a field's media, and the `row` that each stands in."""
    schema = {"row": pl.String, "key": pl.String, "path": pl.String, "member": pl.String}
    found = [
        (pair, content_hash(data), path, member)
        for pair, path, member, data in cells(release, name)
    ]
    frame = pl.DataFrame(found, schema, orient="row")
    return frame.with_columns(modality=pl.lit(modality))


def cells(release: Path, name: str) -> Iterator[tuple[str, str, str, bytes]]:
    """Pair, path, member and bytes of a field's media, where a release holds any."""
    import pyarrow.parquet as pq

    for path in sorted(release.glob("data/*/*.parquet")):
        file, row = pq.ParquetFile(path), 0
        if name not in file.schema_arrow.names:
            return
        for batch in file.iter_batches(64, columns=["pair_id", name]):
            columns = (batch.column(each).to_pylist() for each in ("pair_id", name))
            for pair, cell in zip(*columns, strict=True):
                if isinstance(cell, dict) and cell.get("bytes"):
                    yield pair, str(path), f"{row}/{name}", cell["bytes"]
                row += 1
