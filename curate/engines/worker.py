"""What a process elsewhere does with a table of references: measure, put into the store, report.

One table is one unit of work, and its values are put under a name that follows from its keys alone. A
unit that is done twice, since its worker or word of it was lost, finds what is there already.
"""

from __future__ import annotations

import io
import pickle
import platform
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import metadata
from itertools import islice

import polars as pl
import pyarrow as pa

from curate import __version__
from curate.engines.engine import Batch, Item, Stop, Task, never
from curate.engines.references import items, lacking
from curate.engines.work import work
from curate.errors import CurateError
from curate.pairs.identity import short_hash

_REPORT = pa.schema(
    {
        "task": pa.int32(),
        "values": pa.binary(),
        "seconds": pa.float64(),
        "loading": pa.float64(),
        "kept": pa.string(),
        "failure": pa.binary(),
    }
)


@dataclass(frozen=True)
class Order:
    """Tasks as they are sent out, for whatever items come with them."""

    tasks: tuple[Task, ...]
    chunk: int
    """Items read and decoded at once."""
    versions: dict[str, str]
    """Of what values depend on, where they were asked for."""
    stop: Stop

    @classmethod
    def of(cls, tasks: Sequence[Task], chunk: int, stop: Stop = never) -> Order:
        """Tasks without their keys, which come with the items."""
        bare = tuple(replace(task, missing=frozenset()) for task in tasks)
        return cls(bare, chunk, _versions(bare), stop)

    def measured(self, table: pa.Table) -> pa.Table:
        """Do all tasks on a table of references, none once it is told to stop; what went wrong is
        reported, never raised.
        """
        if self.stop():
            return _REPORT.empty_table()
        try:
            self._check_versions()
            rows = [_row(n, batch) for n, batch in self._batches(table)]
        except Exception as error:
            rows = [{"failure": _pickled(error)}]
        return pa.Table.from_pylist(rows, schema=_REPORT)

    def _batches(self, table: pa.Table) -> Iterator[tuple[int, Batch]]:
        """One batch for each task that any item lacks."""
        asked = [replace(t, missing=lacking(table, n)) for n, t in enumerate(self.tasks)]
        units = [_Unit(n, task) for n, task in enumerate(asked) if task.missing]
        todo = []
        for unit in units:
            if (found := unit.found()) is not None:
                yield unit.number, found
            else:
                todo.append(unit)
        if todo:
            yield from self._computed(items(table), todo)

    def _computed(
        self, rows: Sequence[Item], units: Sequence[_Unit]
    ) -> Iterator[tuple[int, Batch]]:
        parts = defaultdict(list)
        rest = iter(rows)
        while group := list(islice(rest, self.chunk)):
            for batch in work(group, [unit.task for unit in units]):
                parts[batch.task.measure.name].append(batch)
        for unit in units:
            yield unit.number, unit.kept(parts[unit.task.measure.name])

    def _check_versions(self) -> None:
        here = _versions(self.tasks)
        differ = [name for name, version in self.versions.items() if here[name] != version]
        if differ:
            told = ", ".join(f"{n} {here[n]} instead of {self.versions[n]}" for n in differ)
            raise CurateError(
                f"a worker on {platform.node()} has {told}",
                "install the same versions on every machine: values depend on them",
            )


@dataclass(frozen=True)
class _Unit:
    """One task on one table."""

    number: int
    task: Task

    @cached_property
    def name(self) -> str:
        return short_hash(sorted(self.task.missing))

    def found(self) -> Batch | None:
        """What was put there before, if nothing of it is lacking: not everything is kept."""
        kept = self.task.keeper and self.task.keeper.find(self.name)
        if not kept or kept.values.height < len(self.task.missing):
            return None
        return Batch(self.task, kept.values, kept.seconds, self.name)

    def kept(self, parts: Sequence[Batch]) -> Batch:
        """The values of all groups together, in the store where there is one."""
        values = pl.concat([part.values for part in parts])
        seconds = sum(part.seconds for part in parts)
        loading = sum(part.loading for part in parts)
        if self.task.keeper is None:
            return Batch(self.task, values, seconds, loading=loading)
        values = self.task.keeper.keep(values, seconds, self.name)
        return Batch(self.task, values, seconds, self.name, loading)


def batches(report: pa.Table, tasks: Sequence[Task]) -> Iterator[Batch]:
    """What a report holds; raises what went wrong."""
    for row in report.to_pylist():
        if row["failure"] is not None:
            raise pickle.loads(row["failure"])  # noqa: S301 - written below, by a worker
        values = pl.read_ipc(io.BytesIO(row["values"]))
        yield Batch(tasks[row["task"]], values, row["seconds"], row["kept"], row["loading"])


def _row(number: int, batch: Batch) -> dict[str, object]:
    values = batch.values.write_ipc(None).getvalue()
    took = {"seconds": batch.seconds, "loading": batch.loading}
    return {"task": number, "values": values, **took, "kept": batch.kept}


def _pickled(error: Exception) -> bytes:
    """An error as it was, if it can travel, else what it said."""
    try:
        pickle.loads(pickled := pickle.dumps(error))  # noqa: S301
    except Exception:
        return pickle.dumps(CurateError(f"{type(error).__name__}: {error}"))
    return pickled


def _versions(tasks: Sequence[Task]) -> dict[str, str]:
    names = {name for task in tasks for name in task.measure.libraries}
    return {"curate": __version__, **{name: _version(name) for name in sorted(names)}}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"
