"""This machine: a few threads, each reading, decoding and computing its own group of items.

Decoders are processes of their own and model runtimes release the interpreter lock, so threads keep
all cores busy, and a group in one thread is decoded while another's is inferred.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

import numpy as np
import polars as pl

from curate.engines.engine import Batch, Item, Stop, Task, never
from curate.engines.work import work

_AHEAD = 4
"""Groups handed out per worker, so that none waits while values are being written."""


@dataclass(frozen=True)
class LocalEngine:
    """Runs measures in threads of this process."""

    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    batch_size: int | None = None
    """Items per group; by default what the measures declare."""

    def run(
        self, items: Iterable[Item], tasks: Sequence[Task], stop: Stop = never
    ) -> Iterator[Batch]:
        threads, size = self._shape(tasks)
        groups = _groups(items, size, stop)
        do = partial(_work, tasks=tasks, stop=stop)
        failure: BaseException | None = None
        # Polars loads numpy when it first meets an array, and fails if two threads do so at once.
        pl.Series(np.empty(0))
        with ThreadPoolExecutor(threads) as pool:
            waiting = {pool.submit(do, group) for group in islice(groups, _AHEAD * threads)}
            try:
                while waiting:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    failure = failure or _failure(done)
                    if failure is None:
                        waiting |= {pool.submit(do, group) for group in islice(groups, len(done))}
                    else:
                        waiting = {future for future in waiting if not future.cancel()}
                    for future in done:
                        if future.exception() is None:
                            yield from future.result()
            finally:
                _cancel(waiting)
        if failure is not None:
            raise failure

    def _shape(self, tasks: Sequence[Task]) -> tuple[int, int]:
        """Threads, and items per group: of what an endpoint answers, one, so that none that is
        paid for is lost with another.
        """
        remote = [task.measure.at_once for task in tasks if task.measure.at_once is not None]
        if remote:
            return min(remote), 1
        return self.workers, self.batch_size or min(task.measure.chunk for task in tasks)


def _failure(done: Iterable[Future[list[Batch]]]) -> BaseException | None:
    """The first that went wrong; what others have done by then is not lost."""
    return next((error for future in done if (error := future.exception())), None)


def _groups(items: Iterable[Item], size: int, stop: Stop) -> Iterator[list[Item]]:
    rest = iter(items)
    while not stop() and (group := list(islice(rest, size))):
        yield group


def _work(items: Sequence[Item], tasks: Sequence[Task], stop: Stop) -> list[Batch]:
    """A group that was handed out and not begun when the stop came is not begun."""
    return [] if stop() else list(work(items, tasks))


def _cancel(futures: set[Future[list[Batch]]]) -> None:
    for future in futures:
        future.cancel()
