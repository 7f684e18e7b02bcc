"""This machine: a few threads, each reading, decoding and computing its own group of items.

Decoders and model runtimes release the interpreter lock, so threads keep all cores busy, and a
group in one thread is decoded while another's is inferred.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice

from curate.engines.engine import Batch, Item, Task
from curate.engines.work import work

_AHEAD = 4
"""Groups handed out per worker, so that none waits while values are being written."""


@dataclass(frozen=True)
class LocalEngine:
    """Runs measures in threads of this process."""

    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    batch_size: int | None = None
    """Items per group; by default what the measures declare."""

    def run(self, items: Iterable[Item], tasks: Sequence[Task]) -> Iterator[Batch]:
        size = self.batch_size or min(task.measure.chunk for task in tasks)
        groups = _groups(items, size)
        with ThreadPoolExecutor(self.workers) as pool:
            depth = _AHEAD * self.workers
            waiting = {pool.submit(_work, g, tasks) for g in islice(groups, depth)}
            try:
                while waiting:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    waiting |= {pool.submit(_work, g, tasks) for g in islice(groups, len(done))}
                    for future in done:
                        yield from future.result()
            finally:
                _cancel(waiting)


def _groups(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while group := list(islice(rest, size)):
        yield group


def _work(items: Sequence[Item], tasks: Sequence[Task]) -> list[Batch]:
    return list(work(items, tasks))


def _cancel(futures: set[Future[list[Batch]]]) -> None:
    for future in futures:
        future.cancel()
