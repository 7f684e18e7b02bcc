"""Write a release's files into a folder that nobody sees yet."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from curate.errors import CurateError
from curate.governance.attestation import FILE as STATEMENT
from curate.governance.attestation import statement
from curate.pairs.field import Fields, media_fields
from curate.pairs.yaml import to_yaml
from curate.release.content import ReleaseContent
from curate.release.features import arrow_schema

if TYPE_CHECKING:
    from curate.governance.facts import Facts

MANIFEST_FORMAT = 2
_ROWS, _WITH_MEDIA = 65_536, 500
"""Rows written at once; few where their media have to fit in memory."""
_SHARD_BYTES = 400_000_000
_LEVEL = 1
"""Of zstd, as in the data: polars' own takes twice the time for eight per cent less."""

MediaBytes: TypeAlias = Callable[[str, pl.Series], "list[dict[str, Any] | None]"]
"""(field, pair ids) -> `{bytes, path}` per pair, None where the pair lacks the field."""


def write_release(
    folder: Path, content: ReleaseContent, media: MediaBytes | None, recipe_text: str
) -> None:
    """Tables, recipe and lock; `media` is None for media by reference."""
    with ThreadPoolExecutor(1) as beside:
        tables = beside.submit(_write_tables, folder, content)
        for split, frame in content.data.items():
            _write_data(folder / "data" / split, frame, content, media)
        tables.result()
    (folder / "recipe.yaml").write_text(recipe_text)
    (folder / "recipe.lock.yaml").write_text(to_yaml(dict(content.lock)))


def entries(folder: Path) -> dict[str, dict[str, Any]]:
    """What a manifest says of all files that are there."""
    return {name: file_entry(folder / name) for name in files_of(folder)}


def seal(
    folder: Path, content: ReleaseContent, facts: Facts, known: Mapping[str, dict[str, Any]]
) -> None:
    """Write the manifest over all files and its statement, and make sure all of it is on the disk.

    `known` are the entries of files that were there and have not changed; they are not read again.
    """
    files = {name: known.get(name) or file_entry(folder / name) for name in files_of(folder)}
    manifest = {
        "format": MANIFEST_FORMAT,
        "name": content.name,
        "version": content.version,
        "digest": content.digest,
        "parts": content.digests,
        "files": files,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    told = json.dumps(statement(files, facts), indent=1)
    (folder / STATEMENT).write_text(told + "\n")
    for path in [*folder.rglob("*"), folder]:
        _sync(path)


def files_of(folder: Path) -> list[str]:
    """Relative names of all files of a release but the manifest and its statement, sorted."""
    names = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())
    return sorted(name for name in names if name not in ("manifest.json", STATEMENT))


def file_entry(path: Path) -> dict[str, Any]:
    """What a manifest says of a file."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {"sha256": sha256, "size": path.stat().st_size}


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_tables(folder: Path, content: ReleaseContent) -> None:
    for name, table in content.tables.items():
        path = folder / f"{name}.parquet"
        try:
            table.write_parquet(path, compression="zstd", compression_level=_LEVEL)
        except (pl.exceptions.PolarsError, OSError) as error:  # without a number that tells why
            raise CurateError(
                f"{path.name} cannot be written: {error}",
                "is there room on the disk? nothing was published; what was measured stays measured",
            ) from error


def _write_data(
    folder: Path, frame: pl.DataFrame, content: ReleaseContent, media: MediaBytes | None
) -> None:
    folder.mkdir(parents=True)
    fields, mark = content.fields, content.digest[:12]
    shown = _released_names(frame, fields, media)
    schema = arrow_schema(shown, fields)
    shard, writer, size = 0, None, 0
    for rows in _blocks(shown, schema, media_fields(fields) if media else [], media):
        if writer is None or size > _SHARD_BYTES:
            if writer is not None:
                writer.close()
            path, shard, size = folder / f"{shard:05d}-{mark}.parquet", shard + 1, 0
            writer = pq.ParquetWriter(path, schema, compression="zstd")
        writer.write_table(rows)
        size += rows.nbytes
    if writer is not None:
        writer.close()


def _released_names(frame: pl.DataFrame, fields: Fields, media: MediaBytes | None) -> pl.DataFrame:
    """Embedded media stand under their field's name; references keep `_sha256` and `_uri`."""
    if media is None:
        return frame
    names = {f"{name}_sha256": name for name in media_fields(fields)}
    return frame.rename(names).drop([f"{name}_uri" for name in names.values()], strict=False)


def _blocks(
    frame: pl.DataFrame, schema: pa.Schema, embedded: list[str], media: MediaBytes | None
) -> Iterator[pa.Table]:
    """The rows, few enough at a time that their media fit in memory; at least one block."""
    count = _WITH_MEDIA if embedded else _ROWS
    for start in range(0, max(frame.height, 1), count):
        rows = frame.slice(start, count)
        columns = []
        for field in schema:
            if media is not None and field.name in embedded:
                columns.append(pa.array(media(field.name, rows["pair_id"]), field.type))
            else:
                columns.append(rows[field.name].to_arrow().cast(field.type))
        yield pa.Table.from_arrays(columns, schema=schema)
