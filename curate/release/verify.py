"""Does a release hold what its manifest says, and do its tables and documents agree with one another?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from curate.errors import CurateError
from curate.ledger.cluster import DROPPED, KEPT
from curate.ledger.verdict import LEAVES, VERDICTS
from curate.pairs.digest import table_digest
from curate.pairs.identity import canonical_json, content_hash
from curate.pairs.origin import DECLARED, LABELLED, SYNTHETIC
from curate.release.evidence import read_tables
from curate.release.publish import manifest_of
from curate.release.reading import read_lock
from curate.release.tombstone import left_beside
from curate.release.verify_documents import maker, otherwise
from curate.release.write import file_entry, files_of

_ROWS = 200


def problems(release: Path) -> list[str]:
    """Everything that is wrong with a release; empty when all agrees. Raises `CurateError` for what
    is no release, or one of a format that this version does not read.
    """
    beside = [f"{name} should have gone with the release" for name in left_beside(release)]
    if beside:
        return beside
    manifest = manifest_of(release)
    found = list(_files(release, manifest)) or list(_unreadable(release))
    if found:
        return found
    found = list(_digests(release, manifest))
    found += [*_tables(release), *_clusters(release), *_made(release)]
    return found or ([] if maker(release) else list(otherwise(release, manifest)))


def _files(release: Path, manifest: dict[str, Any]) -> Iterator[str]:
    there, listed = set(files_of(release)), set(manifest["files"])
    yield from (f"{name} is missing" for name in sorted(listed - there))
    yield from (f"{name} does not belong to the release" for name in sorted(there - listed))
    for name in sorted(there & listed):
        if file_entry(release / name) != manifest["files"][name]:
            yield f"{name} was altered"


def _unreadable(release: Path) -> Iterator[str]:
    """Tables and lock of another form than everything else takes for granted."""
    data = sorted(release.glob("data/*/*.parquet"))
    if not data:
        yield "data/ holds no Parquet files"
    readers: list[Callable[[], object]] = [partial(read_tables, release)]
    readers += [partial(_schema, path) for path in data]
    for read in readers:
        try:
            read()
        except CurateError as error:
            yield error.message.removeprefix(f"{release}/")


def _schema(path: Path) -> None:
    """Raise `CurateError` for what is no Parquet file of pairs."""
    try:
        columns = pq.read_schema(path).names
    except (pa.ArrowInvalid, OSError) as error:
        raise CurateError(f"{path} cannot be read as Parquet: {error}") from None
    if "pair_id" not in columns:
        raise CurateError(f"{path} lacks the column 'pair_id'")


def _digests(release: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """Recompute every part's content digest from the files."""
    found = {path.stem: table_digest(pl.read_parquet(path)) for path in release.glob("*.parquet")}
    found["lock"] = content_hash(canonical_json(read_lock(release)))
    for folder in sorted((release / "data").iterdir()):
        found[f"data/{folder.name}"] = table_digest(_data(folder))
    for name in sorted(found.keys() | manifest["parts"].keys()):
        if found.get(name) != manifest["parts"].get(name):
            yield f"the content of {name} differs from its digest"
    if content_hash(canonical_json(manifest["parts"])) != manifest["digest"]:
        yield "the content digest does not follow from its parts"


def _data(folder: Path) -> pl.DataFrame:
    """The rows of a split as they were digested: media as the hash of their bytes."""
    frames = [
        _hashed(batch) for path in sorted(folder.glob("*.parquet")) for batch in _batches(path)
    ]
    return pl.concat(frames)


def _batches(path: Path) -> Iterator[pl.DataFrame]:
    file = pq.ParquetFile(path)
    empty = pl.from_arrow(file.schema_arrow.empty_table())
    assert isinstance(empty, pl.DataFrame)
    yield empty
    for batch in file.iter_batches(_ROWS):
        frame = pl.from_arrow(batch)
        assert isinstance(frame, pl.DataFrame)
        yield frame


def _hashed(frame: pl.DataFrame) -> pl.DataFrame:
    columns = []
    for column in frame:
        if isinstance(column.dtype, pl.Struct):
            data = column.struct.field("bytes")
            hashes = [None if cell is None else hashlib.sha256(cell).hexdigest() for cell in data]
            columns.append(pl.Series(f"{column.name}_sha256", hashes, pl.String))
        else:
            columns.append(column)
    return pl.DataFrame(columns)


def _tables(release: Path) -> Iterator[str]:
    """The ledger, the list of pairs and the data tell one story."""
    pairs = pl.read_parquet(release / "pairs.parquet", columns=["pair_id", "status"])
    lines = pl.read_parquet(release / "decisions.parquet", columns=["pair_id", "step", "verdict"])
    strange = lines.filter(~pl.col("verdict").is_in(VERDICTS))
    if strange.height:
        yield f"decisions.parquet has verdicts that do not exist: {strange['verdict'][0]}"
    if lines.join(pairs, on="pair_id", how="anti").height:
        yield "decisions.parquet speaks of pairs that pairs.parquet lacks"
    if pairs.join(lines, on="pair_id", how="anti").height:
        yield "pairs.parquet has pairs without any verdict"
    gone = lines.filter(pl.col("verdict").is_in(LEAVES))["pair_id"]
    kept = pairs.filter(pl.col("status") == "kept")["pair_id"]
    if gone.is_duplicated().any():
        yield "decisions.parquet takes a pair out twice"
    if set(gone) & set(kept) or len(gone) + len(kept) != pairs.height:
        yield "statuses in pairs.parquet do not follow from decisions.parquet"
    data = pl.concat(
        pl.read_parquet(path, columns=["pair_id"])
        for path in sorted(release.glob("data/*/*.parquet"))
    )["pair_id"]
    if data.is_duplicated().any() or set(data) != set(kept):
        yield "data/ does not hold the pairs that were kept, each once"


def _clusters(release: Path) -> Iterator[str]:
    """Every cluster has one pair that stayed, and the ledger says the same of those that went."""
    if not (release / "clusters.parquet").exists():
        return
    rows = pl.read_parquet(release / "clusters.parquet")
    stayed = rows.filter(pl.col("role") == KEPT)
    of_step = ["step", "cluster"]
    if (
        stayed.select(of_step).is_duplicated().any()
        or rows.join(stayed, on=of_step, how="anti").height
    ):
        yield "clusters.parquet has clusters without one pair that stayed"
    gone = rows.filter(pl.col("role") == DROPPED).select("step", "pair_id", "related_id")
    lines = pl.read_parquet(
        release / "decisions.parquet", columns=["step", "pair_id", "related_id", "verdict"]
    ).filter(pl.col("verdict") == "drop")
    if gone.join(lines, on=gone.columns, how="anti").height:
        yield "clusters.parquet has copies that decisions.parquet did not drop"


def _made(release: Path) -> Iterator[str]:
    """Every pair with a content that a machine made has a line that says how, and no other has, but
    for pairs that were called generated as they came; labels in metadata are told by a line alone.
    """
    if not (release / "made.parquet").exists():
        return
    pairs = pl.read_parquet(release / "pairs.parquet")
    contents = [name.removesuffix("_sha256") for name in pairs.columns if name.endswith("_sha256")]
    lines = pl.read_parquet(release / "made.parquet")
    taken = lines.filter(pl.col("accepted") & pl.col("field").is_in(contents))["pair_id"]
    here = pl.col("origin").is_in([LABELLED, SYNTHETIC])
    by_machine = pairs.filter(here & (pl.col("status") != "rejected"))["pair_id"]
    declared = pairs.filter(pl.col("origin") == DECLARED)["pair_id"]
    if set(taken) - set(declared) != set(by_machine):
        yield "origins in pairs.parquet do not follow from made.parquet"
