"""One decoder: a process that is told a function and bytes, and says what the function makes of them.

It is this package in a bare Python (`curate.pairs.confined`), started without the memory, the threads,
the open files and the environment of who starts it. It ends with who started it, whatever ends that:
its socket closes and, on Linux, the kernel ends it.

    a message    8 bytes that tell the length of a head, the head (JSON), the buffers that it numbers
    a question   {"call": "module:function", "arguments": tree, "seconds": of processor time, "sizes"}
    an answer    {"said": VALUE | UNREADABLE | MEMORY | FAILED, "tree": value or words, "sizes"}
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distributions
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from curate.errors import CurateError
from curate.pairs.wire import Buffer, Tree

VALUE, UNREADABLE, MEMORY, FAILED = "value", "unreadable", "memory", "failed"
READY = b"+"
PASSED_ON = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "TZ")
"""All that a decoder learns of the environment; keys and tokens lie elsewhere in it."""
FRUGAL = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 28),
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
}
"""One thread, and memory that is used again: a picture's pages cost more to get than to fill."""
STARTING = 60.0
"""Seconds in which a decoder has to be there."""
_LENGTH = struct.Struct("<Q")
_MOST_HEAD = 1 << 24
_MOST_PARTS = 512


class Ended(Exception):
    """A decoder that is no more; the words tell what became of it."""


class Killed(Ended):
    """By somebody else, such as a machine without memory."""


@dataclass(frozen=True)
class Answer:
    said: str
    tree: Tree
    buffers: Sequence[Buffer]


class Decoder:
    """A running process; to be used by one thread at a time."""

    def __init__(self, memory: int) -> None:
        """Start it, with so many bytes of address space. `OSError` or `CurateError` where that cannot be
        done, which is this machine's trouble and no content's.
        """
        self.is_new = True
        """Whether it has answered nothing yet."""
        self._socket, theirs = socket.socketpair()
        try:
            with theirs:
                self.process = _starter.submit(_started, theirs.fileno(), memory).result()
        except BaseException:
            self._socket.close()
            raise
        self._await()

    def ask(self, question: dict[str, Any], buffers: Sequence[Buffer], patience: float) -> Answer:
        """What it answers within so many seconds; `Ended` if it ends over it."""
        _set_patience(self._socket, patience)
        try:
            send(self._socket, question, buffers)
            head, parts = receive(self._socket)
            return Answer(head["said"], head["tree"], parts)
        except BlockingIOError:
            self.end()
            raise Ended(f"was stopped: no answer within {patience:g} s") from None
        except (EOFError, ConnectionError):
            raise self._death(question["seconds"]) from None
        except (ValueError, KeyError, TypeError):
            self.end()
            raise Ended("went wrong: the answer makes no sense") from None
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """Now, whatever it is doing."""
        self.process.kill()
        self.close()

    def close(self) -> None:
        """It ends when it sees that nobody will ask any more."""
        self._socket.close()
        self.process.wait()

    def disown(self) -> None:
        """In a copy of this process, which must leave it to the original."""
        self._socket.close()
        self.process.returncode = 0

    def _await(self) -> None:
        _set_patience(self._socket, STARTING)
        try:
            ready = self._socket.recv(1)
        except BaseException:
            self.end()
            raise
        if ready != READY:
            self._socket.close()
            raise CurateError(
                f"a process that decodes media cannot be started (exit status {self.process.wait()})",
                f"{sys.executable} -m curate.pairs.confined says why",
            )

    def _death(self, seconds: int) -> Ended:
        self._socket.close()
        status = self.process.wait()
        if status == -signal.SIGXCPU:
            return Ended(f"was stopped: more than {seconds} s of processor time")
        if status == -signal.SIGKILL:
            return Killed("was killed from outside")
        name = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return Ended(f"crashed ({name})")


def send(there: socket.socket, head: dict[str, Any], buffers: Sequence[Buffer]) -> None:
    """One message."""
    told = json.dumps({**head, "sizes": [len(buffer) for buffer in buffers]}).encode()
    parts = [memoryview(part) for part in (_LENGTH.pack(len(told)) + told, *buffers)]
    for start in range(0, len(parts), _MOST_PARTS):
        _send_all(there, parts[start : start + _MOST_PARTS])


def receive(there: socket.socket) -> tuple[dict[str, Any], list[Buffer]]:
    """One message; `EOFError` where the other side has closed."""
    (length,) = _LENGTH.unpack(_exactly(there, _LENGTH.size))
    if length > _MOST_HEAD:
        raise ValueError("the head is too long")
    head = json.loads(bytes(_exactly(there, length)))
    return head, [_exactly(there, size) for size in head.pop("sizes")]


def _send_all(there: socket.socket, parts: list[memoryview]) -> None:
    while parts:
        sent = there.sendmsg(parts)
        while parts and sent >= len(parts[0]):
            sent -= len(parts.pop(0))
        if parts:
            parts[0] = parts[0][sent:]


def _exactly(there: socket.socket, size: int) -> memoryview:
    data = rest = np.empty(size, np.uint8).data
    while rest:
        count = there.recv_into(rest)
        if not count:
            raise EOFError
        rest = rest[count:]
    return data


def _set_patience(there: socket.socket, seconds: float) -> None:
    """By the kernel's own clock: a timeout of Python's makes of each wait two calls."""
    whole = int(seconds)
    told = struct.pack("@ll", whole, int((seconds - whole) * 1e6))
    for side in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        there.setsockopt(socket.SOL_SOCKET, side, told)


def _started(descriptor: int, memory: int) -> subprocess.Popen[bytes]:
    code = [sys.executable, "-P", "-m", "curate.pairs.confined"]
    return subprocess.Popen(  # noqa: S603 - our own words
        [*code, str(descriptor), str(memory), str(os.getpid()), *_code()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(descriptor,),
        env=_environment(),
        process_group=0,  # Ctrl-C is for who waits, not for who works
    )


@cache
def _code() -> list[str]:
    """Folders of code that may lie elsewhere: of packages that were installed to be worked on (PEP 610),
    and of the libraries that this process has loaded.
    """
    told = (package.read_text("direct_url.json") for package in distributions())
    known = [json.loads(text) for text in told if text]
    urls = [each["url"] for each in known if each.get("dir_info", {}).get("editable")]
    return [*(unquote(urlsplit(url).path) for url in urls), *_of_libraries()]


def _of_libraries() -> set[str]:
    """As Linux tells them."""
    try:
        with open("/proc/self/maps") as maps:
            paths = [line.split(maxsplit=5)[5].rstrip("\n") for line in maps if "/" in line]
    except OSError:
        return set()
    return {os.path.dirname(path) for path in paths if ".so" in os.path.basename(path)}


def _environment() -> dict[str, str]:
    known = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return {**known, **FRUGAL, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def _start_elsewhere() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="decoders")


_starter = _start_elsewhere()
"""A thread that stays: the kernel ends a process with the thread that started it."""


def _start_anew() -> None:
    global _starter  # noqa: PLW0603 - threads do not outlive a fork
    _starter = _start_elsewhere()


os.register_at_fork(after_in_child=_start_anew)
