"""Mutated files of every kind, read for a while in processes that may die.

    python -m tests.fuzz.run [--minutes 5] [--files N] [--from SEED] [TARGET …]

A file is a find where its reader crashes, hangs for longer than 30 seconds, or raises what is no
`CurateError`. Finds are written to tests/fuzz/finds/<target>/ and are tests from then on.
"""

from __future__ import annotations

import argparse
import hashlib
import mmap
import os
import resource
import signal
import struct
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from curate.errors import CurateError
from curate.pairs import limited
from tests.fuzz.targets import FINDS, NAMES, PLAIN, target

_PATIENCE = 30.0
_MEMORY = 8 << 30
"""Bytes of address space of a child."""
_BATCH = 200
_CURRENT = Path(tempfile.mkdtemp(prefix="curate-fuzz-")) / "current"
"""The file that a child reads, should it die of it."""
_STATE = struct.Struct("<qqddqq")


@dataclass
class Seen:
    """What became of the files of a target."""

    files: int = 0
    accepted: int = 0
    crashes: int = 0
    hangs: int = 0
    others: int = 0
    slowest: float = 0.0
    """Seconds of the processor."""
    memory: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="in all")
    parser.add_argument("--files", type=int, default=1_000_000, help="at most of a target")
    parser.add_argument("--from", type=int, default=0, dest="seed")
    parser.add_argument("targets", nargs="*")
    told = parser.parse_args()
    chosen = told.targets or NAMES
    print("| reader | files | accepted | crashes | hangs | other errors | slowest s | MB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    finds = 0
    for name in chosen:
        end = time.monotonic() + told.minutes * 60 / len(chosen)
        seen = _fuzzed(name, told.seed, told.files, end)
        figures = f"{seen.crashes} | {seen.hangs} | {seen.others} | {seen.slowest:.2f}"
        print(
            f"| {name} | {seen.files:,} | {seen.accepted:,} | {figures} | {seen.memory >> 20} |",
            flush=True,
        )
        finds += seen.crashes + seen.hangs + seen.others
    return bool(finds)


def _fuzzed(name: str, first: int, most: int, end: float) -> Seen:
    seen, seed = Seen(), first
    while time.monotonic() < end and seen.files < most:
        seed = _batch(name, seed, min(_BATCH, most - seen.files), seen)
    return seen


def _batch(name: str, first: int, count: int, seen: Seen) -> int:
    """Read files in a child; the seed to go on from, which is behind the one at which it died."""
    state = mmap.mmap(-1, _STATE.size)
    state[:] = _STATE.pack(first, 0, 0.0, time.monotonic(), 0, 0)
    child = os.fork()
    if not child:
        _work(name, first, count, state)
    hung = not _ended(child, state)
    status = os.waitpid(child, 0)[1]
    at, accepted, slowest, _, memory, others = _STATE.unpack(state[:])
    seen.accepted += accepted
    seen.others += others
    seen.slowest, seen.memory = max(seen.slowest, slowest), max(seen.memory, memory)
    died = os.waitstatus_to_exitcode(status) != 0
    seen.files += at - first + died
    if died:
        seen.hangs += hung
        seen.crashes += not hung
        _keep(name, _CURRENT.read_bytes(), "hang" if hung else "crash")
    return int(at + died)


def _ended(child: int, state: mmap.mmap) -> bool:
    """Wait; False where it took too long over a file and was killed."""
    while os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() - _STATE.unpack(state[:])[3] > _PATIENCE:
            os.kill(child, signal.SIGKILL)
            return False
        time.sleep(0.01)
    return True


def _work(name: str, first: int, count: int, state: mmap.mmap) -> None:
    """In the child; the state tells the file it is at, in case it dies there."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    if name not in PLAIN:
        limited.stay()
    known, accepted, others, slowest = target(name), 0, 0, 0.0
    for seed in range(first, first + count + 1):
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
        state[:] = _STATE.pack(seed, accepted, slowest, time.monotonic(), memory, others)
        if seed == first + count:
            os._exit(0)
        data = known.file(seed)
        _CURRENT.write_bytes(data)
        start = time.process_time()
        try:
            known.read(data)
            accepted += 1
        except (CurateError, MemoryError):  # the latter ends a decoder, and is a verdict
            pass
        except BaseException:
            others += 1
            _keep(name, data, "other", traceback.format_exc())
        slowest = max(slowest, time.process_time() - start)


def _keep(name: str, data: bytes, kind: str, told: str = "") -> None:
    folder = FINDS / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    print(f"find: {path}\n{told[-1500:]}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
