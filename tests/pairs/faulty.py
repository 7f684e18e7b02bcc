"""Decoders that go wrong, each as its content says."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
import socket
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


_answers = 0


@limited
def crash_unless_new(data: bytes) -> str:
    """Crash in a process that has told before who it is."""
    if _answers:
        os.kill(os.getpid(), signal.SIGSEGV)
    return data.decode()


@limited
def fail(data: bytes) -> int:
    return int(data[0]) // 0


@limited
def who(data: bytes) -> int:
    """The process that decodes."""
    global _answers  # noqa: PLW0603
    _answers += 1
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
def attempt(deed: str, target: str) -> str:
    """What a deed of one who has taken a decoder over comes to: `done`, or the system's word for no."""
    try:
        DEEDS[deed](target)
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "done"


DEEDS: dict[str, Callable[[str], object]] = {
    "read": lambda path: Path(path).read_bytes(),
    "list": os.listdir,
    "write": lambda path: Path(path).write_bytes(b"much"),
    "make a folder": os.mkdir,
    "make a link": lambda path: os.symlink("/etc", path),
    "remove": os.remove,
    "rename": lambda path: os.rename(path, f"{path}.old"),
    "cut": lambda path: os.truncate(path, 0),
    "run": lambda path: os.execv("/bin/sh", ["sh", "-c", f"rm {path}"]),
    "connect": lambda port: socket.create_connection(("127.0.0.1", int(port))),
    "send": lambda port: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "ask a service": lambda path: socket.socket(socket.AF_UNIX).connect(path),
    "signal": lambda pid: os.kill(int(pid), 0),
    "look into": lambda pid: Path(f"/proc/{pid}/environ").read_bytes(),
}
