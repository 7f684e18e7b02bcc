"""The machine that a build runs on: a name for its kind, and what of it is free."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from curate.pairs.identity import short_hash

_LENGTH = 16


def machine(engine: str, workers: int) -> str:
    """Machines of one name take about equally long, told by what computes there and nothing else."""
    parts = {
        "processor": _processor(),
        "processors": _processors(),
        "accelerators": accelerators(),
        "visible": os.environ.get("CUDA_VISIBLE_DEVICES"),
        "engine": engine,
        "workers": workers,
    }
    return short_hash(parts)[:_LENGTH]


def _processor() -> str:
    """Its model; of systems that do not say, the family."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text(errors="replace").splitlines() if about.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def _processors() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def accelerators() -> list[str]:
    """The models of NVIDIA's cards."""
    found = Path("/proc/driver/nvidia/gpus").glob("*/information")
    lines = (line for path in found for line in path.read_text(errors="replace").splitlines())
    return sorted(line.partition(":")[2].strip() for line in lines if line.startswith("Model"))


def disk_free(path: Path) -> int:
    """Bytes that may be written where a file or folder lies, or would."""
    place = next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())
    return shutil.disk_usage(place).free


def memory_free(root: Path = Path("/")) -> int | None:
    """Bytes that this process may come to take: what the system has left, and what its control groups
    allow; None where neither is told.
    """
    found = [*_of_system(root / "proc/meminfo"), *_of_groups(root)]
    return max(0, min(found)) if found else None


def _of_system(about: Path) -> Iterator[int]:
    for line in about.read_text().splitlines() if about.exists() else ():
        name, _, rest = line.partition(":")
        if name == "MemAvailable":
            yield int(rest.split()[0]) * 1024


def _of_groups(root: Path) -> Iterator[int]:
    """What is left of each limit; caches that can be given back count as left."""
    about, home = root / "proc/self/cgroup", root / "sys/fs/cgroup"
    for line in about.read_text().splitlines() if about.exists() else ():
        _, controllers, path = line.split(":", 2)
        top = home / "memory" if "memory" in controllers.split(",") else home
        if controllers and top == home:
            continue
        place = PurePosixPath(path.lstrip("/"))
        for folder in (top / place, *(top / parent for parent in place.parents)):
            yield from _of_group(folder, _V1 if controllers else _V2)


_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_V2 = ("memory.max", "memory.current", "inactive_file")


def _of_group(folder: Path, names: tuple[str, str, str]) -> Iterator[int]:
    limit, used, cache = names
    if (folder / limit).exists() and (said := (folder / limit).read_text().strip()).isdigit():
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        yield int(said) - int((folder / used).read_text()) + int(stat.get(cache, 0))
