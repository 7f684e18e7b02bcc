"""Ray, started here or joined where it runs, and how many workers it has room for.

Nothing is sent to Ray's makers, no dashboard is started, and nothing is printed between a build's own
lines.
"""

from __future__ import annotations

import logging
import os
import socket
import warnings
from collections.abc import Iterable
from typing import Any

from curate.engines.engine import Room
from curate.errors import CurateError, MissingExtra

_OBJECTS = 200_000_000
"""Bytes of shared memory for values on their way; references and values are small."""
_REPORT = 8_000_000
"""Bytes that Ray expects of a unit's values; by its own guess it would run too few at once."""
_PATIENCE = 10.0
"""Seconds in which a cluster has to answer."""


def quiet_ray() -> Any:
    """The module, imported with its data part."""
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are for Ray's own developers
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


def connected(address: str | None, processors: int) -> bool:
    """Join the cluster at an address, or start one here; false if this process has one already."""
    ray = quiet_ray()
    if ray.is_initialized():
        return False
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        size = {"num_cpus": processors, "object_store_memory": _OBJECTS}
        ray.init("local", include_dashboard=False, **size, **quiet)
        return True
    try:
        _knock(address)
        ray.init(address, **quiet)
    except (OSError, RuntimeError, ValueError) as error:
        raise CurateError(
            f"no Ray cluster answers at {address}: {error}",
            "start one with `ray start --head`, or leave --address out",
        ) from error
    return True


def _knock(address: str) -> None:
    """Ray itself tries for minutes where nobody is."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.removeprefix("ray://"), int(port)), _PATIENCE).close()


def disconnect() -> None:
    """Leave the cluster; one that was started here ends."""
    import ray

    ray.shutdown()


def together(rooms: Iterable[Room]) -> Room:
    """What a worker takes up that does several tasks, one after the other."""
    every = list(rooms)
    return Room(max(room.cpus for room in every), max(room.gpus for room in every))


def workers(room: Room) -> int:
    """How many workers fit at once; raises `CurateError` where not even one does."""
    import ray

    there = ray.cluster_resources()
    cpus, gpus = there.get("CPU", 0.0), there.get("GPU", 0.0)
    fit = int(min(cpus / room.cpus, gpus / room.gpus if room.gpus else cpus / room.cpus))
    if not fit:
        raise CurateError(
            f"a worker is to have {room.cpus:g} CPUs and {room.gpus:g} GPUs; "
            f"the whole cluster has {cpus:g} and {gpus:g}",
            "lower the recipe's resources, or add machines",
        )
    return fit
