"""Other data that a step holds pairs against: a release, or a list of hashes or texts.

    field, kind, value      see `curate.steps.against`

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
_SCHEMA = {"field": pl.String, "kind": pl.String, "value": pl.String}


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


def _of_list(path: Path, fields: Fields, revision: str) -> Others:
    table = _table(path)
    texts = [n for n in table.columns if n in fields and fields[n].type == "text"]
    hashes = [n for n in table.columns if n in HASHES]
    if not texts and not hashes:
        wanted = ", ".join([*HASHES, *(n for n in fields if fields[n].type == "text")])
        raise DataError(f"{path} has none of the columns {wanted}", "name one of its columns so")
    rows = [_hashes(table[name], path) for name in hashes]
    contents = [_texts(table[name]) for name in texts]
    rows += [
        _rows(name, "content", c.places["key"]) for name, c in zip(texts, contents, strict=True)
    ]
    places = [each.places for each in contents]
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
    values = column.drop_nulls().cast(pl.String).str.strip_chars().str.to_lowercase()
    wrong = values.filter(~values.str.contains(f"^[0-9a-f]{{{digits}}}$"))
    if wrong.len():
        raise DataError(
            f"{path}: '{wrong[0]}' is no {column.name}", f"{digits} hexadecimal digits a row"
        )
    return _rows(None, column.name, values)


def _texts(column: pl.Series) -> Contents:
    return Contents.of_texts(column.drop_nulls().cast(pl.String).to_list())


def _rows(field: str | None, kind: str, values: pl.Series) -> pl.DataFrame:
    named = pl.DataFrame({"value": values}, schema={"value": pl.String})
    return named.select(field=pl.lit(field, pl.String), kind=pl.lit(kind), value="value").unique(
        maintain_order=True
    )


def _of_release(path: Path, fields: Fields, revision: str) -> Others:
    pairs = pl.read_parquet(path / "pairs.parquet").filter(pl.col("status") == "kept")
    rows, places = [pl.DataFrame(schema=_SCHEMA)], [placed()]
    for name in content_fields(fields):
        if f"{name}_sha256" in pairs.columns:
            rows.append(_rows(name, "sha256", pairs[f"{name}_sha256"].drop_nulls()))
        if fields[name].type == "text" and name in pairs.columns:
            places.append(_texts(pairs[name]).places)
        else:
            places.append(_embedded(path, name, fields[name].type))
        rows.append(_rows(name, "content", places[-1]["key"]))
    return Others(pl.concat(rows), pl.concat(places), revision)


def _embedded(release: Path, name: str, modality: str) -> pl.DataFrame:
    found = list(_cells(release, name))
    columns = {
        "key": [content_hash(data) for _, _, data in found],
        "path": [path for path, _, _ in found],
        "member": [member for _, member, _ in found],
    }
    return placed(pl.DataFrame(columns).with_columns(modality=pl.lit(modality)))


def _cells(release: Path, name: str) -> Iterator[tuple[str, str, bytes]]:
    """Path, member and bytes of a field's media, where a release holds any."""
    import pyarrow.parquet as pq

    for path in sorted(release.glob("data/*/*.parquet")):
        file, row = pq.ParquetFile(path), 0
        if name not in file.schema_arrow.names:
            return
        for batch in file.iter_batches(64, columns=[name]):
            for cell in batch.column(0).to_pylist():
                if isinstance(cell, dict) and cell.get("bytes"):
                    yield str(path), f"{row}/{name}", cell["bytes"]
                row += 1
