"""Other processes, here or on many machines: Ray Data brings them references and brings back values.

A worker reads, decodes and computes in one stage, so that no decoded content travels, and puts values
into the store itself, which has to be at one path for all. What Ray loses it does again; see
`curate.engines.worker` for why that changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from curate.engines.cluster import connected, disconnect, together, workers
from curate.engines.engine import Batch, Item, Room, Stop, Task, never
from curate.engines.local import LocalEngine
from curate.engines.references import references
from curate.engines.worker import Order, batches

if TYPE_CHECKING:
    import pyarrow as pa

_CHUNKS = 16
"""Chunks at most in a unit of work: what is lost with a worker, and a fragment of the store."""
_ROUNDS = 4
"""Units at least for each worker, so that all end at about the same time."""


@dataclass
class RayEngine:
    """Runs measures on Ray, started here for the occasion unless an address is given."""

    workers: int
    """Processors of a Ray that is started here."""
    batch_size: int | None = None
    """Items decoded at once; by default what the measures declare."""
    address: str | None = None
    """Of a cluster that runs already."""
    _connected: bool = field(default=False, init=False)

    def run(
        self, items: Iterable[Item], tasks: Sequence[Task], stop: Stop = never
    ) -> Iterator[Batch]:
        """What an endpoint answers is asked for from here, where its limit can be kept."""
        if any(task.measure.at_once is not None for task in tasks):
            yield from LocalEngine(self.workers, self.batch_size).run(items, tasks, stop)
            return
        self._connected |= connected(self.address, self.workers)
        room = together(task.room for task in tasks)
        chunk = self.batch_size or min(task.measure.chunk for task in tasks)
        order = Order.of(tasks, chunk, stop)
        size = _unit(max(len(task.missing) for task in tasks), order.chunk, workers(room))
        units = [references(group, tasks) for group in _groups(items, size)]
        for report in _reports(order, units, room):
            yield from batches(report, tasks)

    def close(self) -> None:
        """Leave the cluster, or end it if it was started here."""
        if self._connected:
            disconnect()
            self._connected = False


def _unit(count: int, chunk: int, hands: int) -> int:
    """Items in a unit of work: whole chunks, so many that each worker gets some units."""
    fair = math.ceil(count / (hands * _ROUNDS * chunk))
    return chunk * max(1, min(_CHUNKS, fair))


def _groups(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while group := list(islice(rest, size)):
        yield group


def _reports(order: Order, units: Sequence[pa.Table], room: Room) -> Iterator[pa.Table]:
    """One table of values a unit, in any order."""
    import ray.data

    if not units:
        return
    found = ray.data.from_arrow(list(units)).map_batches(
        batch_size=None,
        batch_format="pyarrow",
        num_cpus=room.cpus,
        num_gpus=room.gpus or None,
        **_stage(order, min(len(units), workers(room))),
    )
    yield from found.iter_batches(batch_size=None, batch_format="pyarrow")


def _stage(order: Order, hands: int) -> dict[str, Any]:
    """Processes that stay for what has a model to load, else tasks wherever there is room."""
    import ray.data

    if not any(task.models for task in order.tasks):
        return {"fn": _measured, "fn_kwargs": {"order": order}}
    pool = ray.data.ActorPoolStrategy(min_size=1, max_size=hands)
    return {"fn": _Actor, "fn_constructor_args": [order], "compute": pool}


def _measured(table: pa.Table, order: Order) -> pa.Table:
    return order.measured(table)


class _Actor:
    """A process that keeps its models loaded."""

    def __init__(self, order: Order) -> None:
        self.order = order

    def __call__(self, table: pa.Table) -> pa.Table:
        return self.order.measured(table)
