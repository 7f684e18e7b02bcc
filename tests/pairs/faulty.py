"""Decoders that go wrong, each as its content says."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from curate.errors import Unreadable
from curate.pairs.limited import limited


def _loop() -> None:
    while True:
        pass


FAULTS: dict[bytes, tuple[Callable[[], object], str]] = {
    b"crash": (lambda: os.kill(os.getpid(), signal.SIGSEGV), "crashed (SIGSEGV)"),
    b"abort": (os.abort, "crashed (SIGABRT)"),
    b"wild": (lambda: ctypes.string_at(1), "crashed (SIGSEGV)"),
    b"exit": (lambda: os._exit(3), "crashed (exit status 3)"),
    b"killed": (lambda: os.kill(os.getpid(), signal.SIGKILL), "was killed from outside"),
    b"loop": (_loop, "was stopped: more than 1 s of processor time"),
    b"sleep": (lambda: time.sleep(600), "was stopped: no answer within 2 s"),
    b"eat": (lambda: np.ones(1 << 31, np.uint8), "was stopped: more than 1 GiB of memory"),
    b"nonsense": (lambda: "words", "went wrong: the answer makes no sense"),
}
"""What a content asks for, and how that is told."""


@limited
def decode(data: bytes) -> np.ndarray:
    """The bytes as numbers, or what they ask for."""
    if data == b"unreadable":
        raise Unreadable("broken: it says so")
    if data in FAULTS:
        return FAULTS[data][0]()  # type: ignore[return-value]
    return np.frombuffer(data, np.uint8)


@limited
def crash_once(data: bytes, mark: str) -> str:
    """Crash in the first process that sees it: a folder that is made there tells the second."""
    try:
        Path(mark).mkdir()
    except FileExistsError:
        return data.decode()
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


@limited
def fail(data: bytes) -> int:
    return int(data[0]) // 0


@limited
def who(data: bytes) -> int:
    """The process that decodes."""
    return os.getpid()


@limited
def bounds(data: bytes) -> list[tuple[int, int]]:
    """Of memory, core dumps, new files and open ones."""
    kinds = (
        resource.RLIMIT_AS,
        resource.RLIMIT_CORE,
        resource.RLIMIT_FSIZE,
        resource.RLIMIT_NOFILE,
    )
    return [resource.getrlimit(kind) for kind in kinds]


@limited
def environment(data: bytes) -> list[str]:
    return [f"{name}={value}" for name, value in os.environ.items()]


@limited
def write(data: bytes, path: str) -> int:
    """Bytes that a decoder can put on a disk."""
    try:
        return Path(path).write_bytes(data)
    except OSError:
        return Path(path).stat().st_size
