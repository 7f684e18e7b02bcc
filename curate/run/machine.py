"""The machine that a build runs on: a name for its kind."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from curate.pairs.identity import short_hash

_LENGTH = 16


def machine(engine: str, workers: int) -> str:
    """Machines of one name take about equally long, told by what computes there and nothing else."""
    parts = {
        "processor": _processor(),
        "processors": _processors(),
        "accelerators": _accelerators(),
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


def _accelerators() -> list[str]:
    """NVIDIA's cards, and which of them may be used."""
    found = Path("/proc/driver/nvidia/gpus").glob("*/information")
    lines = (line for path in found for line in path.read_text(errors="replace").splitlines())
    models = sorted(line.partition(":")[2].strip() for line in lines if line.startswith("Model"))
    return [*models, os.environ.get("CUDA_VISIBLE_DEVICES", "all")]
