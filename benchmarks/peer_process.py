"""A command run as a process of its own: seconds, processor seconds, and the memory of all it starts."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICK, _PATIENCE = 0.2, 10
_SUBREAPER = 36


@dataclass(frozen=True)
class Spent:
    """Seconds on the wall, seconds of all processors, and the most memory at once in MB.

    Memory is the proportional set size of the whole tree of processes, looked at five times a second:
    what processes share counts once.
    """

    wall: float
    busy: float
    memory: float


def spent(command: Sequence[str], folder: Path, surroundings: Mapping[str, str]) -> Spent:
    """Run it in a folder, where `said.txt` has what it prints and `errors.txt` what it complains of."""
    with (folder / "said.txt").open("wb") as said, (folder / "errors.txt").open("wb") as errors:
        _adopt()
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=surroundings, stdout=said, stderr=errors
        )
        watched = _Watched(process.pid)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        busy = _seconds(used) + sum(map(_seconds, _orphans()))
    process.returncode = os.waitstatus_to_exitcode(status)
    memory = watched.most()
    if process.returncode:
        tail = (folder / "errors.txt").read_text(errors="replace")[-3000:]
        raise RuntimeError(f"{' '.join(command)} left with {process.returncode}:\n{tail}")
    return Spent(wall, busy, memory / 1024)


def _adopt() -> None:
    """Let processes whose parent ends without waiting for them be this one's children (Linux), so
    that what they used is known: a server of forks is such a one.
    """
    ctypes.CDLL(None).prctl(_SUBREAPER, 1)


def _orphans() -> Iterator[resource.struct_rusage]:
    """What those used that were left behind, of a few seconds."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            pid, _, used = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid:
            yield used
        else:
            time.sleep(_TICK)


def _seconds(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime


class _Watched:
    """Looks at a process and all below it until it is asked for the most memory, in kB."""

    def __init__(self, pid: int) -> None:
        self._pid, self._most = pid, 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def most(self) -> int:
        self._done.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        while not self._done.wait(_TICK):
            self._most = max(self._most, sum(map(_memory, _tree(self._pid))))


def _tree(pid: int) -> list[int]:
    found, at = [pid], 0
    while at < len(found):
        found += _children(found[at])
        at += 1
    return found


def _children(pid: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(n) for t in threads for n in (t / "children").read_text().split()]
    except OSError:  # it has ended meanwhile
        return []


def _memory(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
