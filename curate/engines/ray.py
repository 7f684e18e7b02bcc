"""Other processes, here or on many machines: Ray Data brings them references and brings back values.

A worker reads, decodes and computes in one stage, so that no decoded content travels, and puts values
into the store itself, which has to be at one path for all. What Ray loses it does again; see
`curate.engines.worker` for why that changes nothing.
"""

from __future__ import annotations

import logging
import math
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from curate.engines.engine import Batch, Item, Task
from curate.engines.local import LocalEngine
from curate.engines.references import references
from curate.engines.worker import Order, batches
from curate.errors import CurateError, MissingExtra

if TYPE_CHECKING:
    import pyarrow as pa

_CHUNKS = 16
"""Chunks at most in a unit of work: what is lost with a worker, and a fragment of the store."""
_ROUNDS = 4
"""Units at least for each worker, so that all end at about the same time."""
_OBJECTS = 200_000_000
"""Bytes of shared memory for values on their way; references and values are small."""
_REPORT = 8_000_000
"""Bytes that Ray expects of a unit's values; by its own guess it would run too few at once."""

_SILENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"}
"""Nothing is sent to Ray's makers, and nothing printed between a build's own lines."""


@dataclass
class RayEngine:
    """Runs measures on Ray, started here for the occasion unless an address is given."""

    workers: int
    """Processors of a Ray that is started here."""
    batch_size: int | None = None
    """Items decoded at once; by default what the measures declare."""
    address: str | None = None
    """Of a cluster that runs already."""
    _started: bool = field(default=False, init=False)

    def run(self, items: Iterable[Item], tasks: Sequence[Task]) -> Iterator[Batch]:
        """What an endpoint answers is asked for from here, where its limit can be kept."""
        if any(task.measure.at_once is not None for task in tasks):
            yield from LocalEngine(self.workers, self.batch_size).run(items, tasks)
            return
        self._connect()
        chunk = self.batch_size or min(task.measure.chunk for task in tasks)
        units = _units(items, tasks, chunk)
        for report in _reports(Order.of(tasks, chunk), units):
            yield from batches(report, tasks)

    def close(self) -> None:
        """Leave the cluster, or end it if it was started here."""
        if self._started:
            import ray

            ray.shutdown()
            self._started = False

    def _connect(self) -> None:
        """Once a build, and only if something has to be computed."""
        ray = ray_quietly()
        if ray.is_initialized():
            return
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
        if self.address is None:
            room = {"num_cpus": self.workers, "object_store_memory": _OBJECTS}
            ray.init("local", include_dashboard=False, **room, **quiet)
        else:
            _join(ray, self.address, quiet)
        self._started = True


def ray_quietly() -> Any:
    """Ray and its data part, without its telemetry and its warnings to its own developers."""
    os.environ |= _SILENT
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import ray
            import ray.data

            context = ray.data.DataContext.get_current()
    except ModuleNotFoundError as error:
        raise MissingExtra(f"the engine 'ray' ({error.name})", "ray") from error
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.target_max_block_size = _REPORT
    return ray


def _join(ray: Any, address: str, quiet: dict[str, Any]) -> None:
    try:
        ray.init(address, **quiet)
    except (ConnectionError, ValueError) as error:
        raise CurateError(
            f"no Ray cluster answers at {address}: {error}",
            "start one with `ray start --head`, or leave --address out",
        ) from error


def _processors() -> int:
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def _units(items: Iterable[Item], tasks: Sequence[Task], chunk: int) -> list[pa.Table]:
    """Tables of references, of so many chunks that each worker gets some."""
    count = max(len(task.missing) for task in tasks)
    fair = math.ceil(count / (_processors() * _ROUNDS * chunk))
    size, rest = chunk * max(1, min(_CHUNKS, fair)), iter(items)
    groups = iter(lambda: list(islice(rest, size)), [])
    return [references(group, tasks) for group in groups]


def _reports(order: Order, units: Sequence[pa.Table]) -> Iterator[pa.Table]:
    """One table of values a unit, in any order."""
    import ray.data

    found = ray.data.from_arrow(list(units)).map_batches(
        batch_size=None, batch_format="pyarrow", num_cpus=1, **_stage(order, len(units))
    )
    yield from found.iter_batches(batch_size=None, batch_format="pyarrow")


def _stage(order: Order, units: int) -> dict[str, Any]:
    """Processes that stay for what has a model to load, else tasks wherever there is room."""
    import ray.data

    if not any(task.models for task in order.tasks):
        return {"fn": _measured, "fn_kwargs": {"order": order}}
    pool = ray.data.ActorPoolStrategy(min_size=1, max_size=min(units, _processors()))
    return {"fn": _Actor, "fn_constructor_args": [order], "compute": pool}


def _measured(table: pa.Table, order: Order) -> pa.Table:
    return order.measured(table)


class _Actor:
    """A process with its models loaded."""

    def __init__(self, order: Order) -> None:
        self.order = order

    def __call__(self, table: pa.Table) -> pa.Table:
        return self.order.measured(table)
