"""The measure store: `(measure fingerprint, content key) -> value`, shared by recipes and builds.

    <root>/values/<name>-<fingerprint>/  measure.json, fragments
    <root>/fits/<name>-<fingerprint>/    results of fits, one file per table digest
    <root>/speeds/                       how long things took, by kind of machine
    <root>/files/                        content hashes of files by path, size, mtime and inode
    <root>/fetched/                      what was fetched of URLs: hash and facts
    <root>/blobs/                        media that steps made or that were fetched, by their hash

Builds hold a shared lock while they use it. Fragments only ever appear whole, so builds that run
at once need nothing more; small fragments are put together by a build that finds itself alone, when
it begins and when it is done.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import polars as pl

from curate.errors import StoreError
from curate.measures.measure import Measure
from curate.pairs.identity import short_hash
from curate.pairs.order import by_name, repeats
from curate.store.blobs import Blobs
from curate.store.fragment import read_fragment, read_notes, write_fragment
from curate.store.speeds import Speeds

FORMAT = "1"
_MANY = 16
_LARGE = 200_000
_KEY = 32
"""Bytes of a hash, which nothing compresses."""
_WIDTH: Mapping[Any, int] = {pl.Float64: 8, pl.Float32: 4, pl.Float16: 2}


@dataclass(frozen=True)
class Cost:
    """What values took when they were computed."""

    values: int
    seconds: float
    """Of one worker."""
    kwh: float
    """Of those of the values that were metered."""
    metered: int

    @property
    def kwh_each(self) -> float | None:
        """Of one value, as a mean; None where none was metered."""
        return self.kwh / self.metered if self.metered else None

    @classmethod
    def of(cls, notes: Sequence[Mapping[str, Any]]) -> Cost:
        """The sum of what fragments note."""

        def whole(name: str) -> float:
            return sum(float(note.get(name, 0.0)) for note in notes)

        return cls(int(whole("rows")), whole("seconds"), whole("kwh"), int(whole("metered")))


@dataclass(frozen=True)
class Shelf:
    """The values of one measure."""

    folder: Path
    schema: Mapping[str, pl.DataType | type[pl.DataType]]

    def fragments(self) -> list[Path]:
        return sorted(self.folder.glob("*.parquet"))

    def keys(self, among: pl.Series | None = None) -> pl.Series:
        """Keys of all contents that have a value here; given keys, of those among others."""
        wanted = None if among is None else by_name(among.to_frame("key"), "key")["key"]
        frames = [read_fragment(path, {"key": pl.String}, wanted) for path in self.fragments()]
        found = [frame["key"] for frame in frames if frame is not None]
        return pl.concat(found).unique() if found else pl.Series("key", [], pl.String)

    def read(self, keys: pl.Series, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """`key`, `error` and values, or these columns of them, of the keys that have one, sorted by
        key.
        """
        row = {n: t for n, t in self.row.items() if columns is None or n in ("key", *columns)}
        wanted = by_name(keys.to_frame("key"), "key")["key"]
        frames = [read_fragment(path, row, wanted) for path in self.fragments()]
        found = [frame for frame in frames if frame is not None and frame.height]
        values = pl.concat(found or [pl.DataFrame(schema=row)])
        return _each_once(values.filter(values["key"].is_in(wanted.implode())))

    def write(
        self,
        frame: pl.DataFrame,
        seconds: float,
        kwh: float | None = None,
        name: str | None = None,
    ) -> pl.DataFrame:
        """Add values that took so many seconds of one worker, and so much energy where that was
        metered; returns the rows as they stand here. Those of one name stand here once.
        """
        rows = self.cast(frame)
        metered = {} if kwh is None else {"kwh": kwh, "metered": rows.height}
        write_fragment(self.folder, rows, {"seconds": seconds, **metered}, name)
        return rows

    def cast(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Values as rows that may stand here."""
        return frame.select(pl.col(name).cast(dtype) for name, dtype in self.row.items())

    def named(self, name: str) -> tuple[pl.DataFrame, float] | None:
        """The values that were written under a name, and the seconds that they took."""
        path = self.folder / f"{name}.parquet"
        if not path.exists():
            return None
        seconds = float(read_notes(path).get("seconds", 0.0))
        rows = read_fragment(path, self.row)
        return None if rows is None else (rows, seconds)

    @property
    def row(self) -> dict[str, Any]:
        return {"key": pl.String, "error": pl.String, **self.schema}

    def cost(self) -> Cost:
        """What the values held took."""
        return Cost.of([read_notes(path) for path in self.fragments()])

    def size_of_value(self) -> float:
        """Bytes that a value takes here; where none is yet, those of its key and its vectors."""
        fragments, values = self.fragments(), self.cost().values
        if values:
            return sum(path.stat().st_size for path in fragments) / values
        vectors = (kind for kind in self.schema.values() if isinstance(kind, pl.Array))
        return _KEY + sum(kind.size * _WIDTH.get(kind.inner, 1) for kind in vectors)

    def compact(self) -> None:
        """Put small fragments together; only ever called by a process that is alone."""
        rows = {path: read_notes(path).get("rows", 0) for path in self.fragments()}
        small = [path for path, count in rows.items() if count < _LARGE]
        if len(small) < _MANY:
            return
        together: list[Path] = []
        for path in small:
            together.append(path)
            if sum(rows[each] for each in together) >= _LARGE or path == small[-1]:
                self._put_together(together)
                together = []

    def _put_together(self, paths: Sequence[Path]) -> None:
        frames = [frame for path in paths if (frame := read_fragment(path)) is not None]
        cost = Cost.of([read_notes(path) for path in paths if path.exists()])
        if len({tuple(frame.schema.items()) for frame in frames}) > 1:
            return  # one is damaged; who reads the values knows which
        if frames:
            notes = {"seconds": cost.seconds, "kwh": cost.kwh, "metered": cost.metered}
            write_fragment(self.folder, _each_once(pl.concat(frames)), notes)
        for path in paths:
            path.unlink(missing_ok=True)


class MeasureStore:
    """A folder of measured values. Use `opened` around reading and writing."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Hold the store for use; it is tidied before and after when nobody else uses it."""
        self._prepare()
        with self._lock_file() as lock:
            if _try_exclusive(lock):
                self._tidy()
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield
            if _try_exclusive(lock):
                self._tidy()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the store against everyone else, or say who cannot be disturbed."""
        self._prepare()
        with self._lock_file() as lock:
            if not _try_exclusive(lock):
                raise StoreError(
                    f"the store {self.root} is in use by another build",
                    "wait for it to end, then try again",
                )
            yield

    def shelf(self, measure: Measure, revisions: Mapping[str, str]) -> Shelf:
        """Where a measure's values stand; notes that they were wanted today."""
        document = measure.document(revisions)
        folder = self.root / "values" / f"{measure.name}-{short_hash(document)[:16]}"
        note = folder / "measure.json"
        if not note.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _write_text(note, json.dumps(document, indent=1, sort_keys=True))
        os.utime(note)
        return Shelf(folder, measure.kept)

    def fitted(self, document: Mapping[str, Any], digest: str) -> Path:
        """Where the result of a fit on a table of this digest stands, or would stand."""
        folder = self.root / "fits" / f"{document['name']}-{short_hash(dict(document))[:16]}"
        return folder / f"{digest}.parquet"

    @property
    def empty(self) -> bool:
        """Whether nothing was ever measured."""
        return not any((self.root / "values").glob("*"))

    @property
    def files(self) -> Path:
        return self.root / "files"

    def speeds(self, machine: str) -> Speeds:
        """How long things took on machines of a kind."""
        return Speeds(self.root / "speeds", machine)

    @property
    def fetched(self) -> Path:
        return self.root / "fetched"

    @property
    def blobs(self) -> Blobs:
        return Blobs(self.root / "blobs")

    def contents(self) -> pl.DataFrame:
        """One row per measure: `measure`, `fingerprint`, `values`, `seconds`, `kwh` (null where it
        was never metered), `bytes`, `used`.
        """
        rows = [_shelf_row(folder) for folder in sorted((self.root / "values").glob("*"))]
        schema = {
            "measure": pl.String,
            "fingerprint": pl.String,
            "values": pl.Int64,
            "seconds": pl.Float64,
            "kwh": pl.Float64,
            "bytes": pl.Int64,
            "used": pl.Float64,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    def remove(self, fingerprints: Sequence[str]) -> None:
        """Forget the values of these measures."""
        for name in fingerprints:
            shutil.rmtree(self.root / "values" / name, ignore_errors=True)

    def _prepare(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            mark = self.root / "format"
            if not mark.exists():
                _write_text(mark, FORMAT + "\n")
            found = mark.read_text().strip()
        except OSError as error:
            raise StoreError(
                f"the store {self.root} cannot be written: {error.strerror}",
                "set CURATE_STORE to a folder that can",
            ) from error
        if found != FORMAT:
            raise StoreError(
                f"the store {self.root} has format {found}; this version writes {FORMAT}",
                "set CURATE_STORE to another folder, or remove this one",
            )

    @contextmanager
    def _lock_file(self) -> Iterator[IO[str]]:
        with (self.root / "lock").open("w") as lock:
            yield lock

    def _tidy(self) -> None:
        """Remove what a killed build left half written, and compact."""
        for staged in self.root.glob("**/.*.tmp"):
            staged.unlink(missing_ok=True)
        for folder in (self.root / "values").glob("*"):
            Shelf(folder, {}).compact()
        Shelf(self.files, {}).compact()
        Shelf(self.fetched, {}).compact()


def _each_once(values: pl.DataFrame) -> pl.DataFrame:
    """The rows sorted by key; builds that ran at once may have written one twice."""
    rows = by_name(values, "key")
    return rows.unique("key", keep="first", maintain_order=True) if repeats(rows["key"]) else rows


def _shelf_row(folder: Path) -> tuple[Any, ...]:
    """In the order of `MeasureStore.contents`; energy as of all values, by the mean of the metered."""
    cost = Shelf(folder, {}).cost()
    kwh = None if cost.kwh_each is None else cost.kwh_each * cost.values
    size = sum(path.stat().st_size for path in folder.iterdir())
    note = folder / "measure.json"
    used = note.stat().st_mtime if note.exists() else time.time()
    return folder.name.rpartition("-")[0], folder.name, cost.values, cost.seconds, kwh, size, used


def _try_exclusive(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _write_text(path: Path, text: str) -> None:
    staged = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    staged.write_text(text)
    staged.rename(path)
