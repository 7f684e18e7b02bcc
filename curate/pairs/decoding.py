"""The inside of a decoder: `python -m curate.pairs.decoding SOCKET MEMORY PARENT`.

Before it sees a byte it gives up what it does not need: memory beyond a bound, new files, core dumps.
Each call gets so many seconds of processor time, by the kernel's clock; it ends with its parent.
"""

from __future__ import annotations

import importlib
import inspect
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, get_type_hints

from curate.errors import Unreadable
from curate.pairs import limited
from curate.pairs.decoder import FAILED, MEMORY, READY, UNREADABLE, VALUE, receive, send
from curate.pairs.wire import Buffer, Tree, packed, unpacked

_FILES = 64
_STACK = 8 << 20
"""What overflows it does so whatever shell a build was started from."""
_DIE_WITH_PARENT, _NO_NEW_RIGHTS = 1, 38
"""Of prctl(2)."""
_FIRST_TO_GO = "1000"
"""When a machine has no memory left, Linux ends what decodes, not what builds."""


def main(there: socket.socket, memory: int, parent: int) -> None:
    """Answer until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _bind(parent)
    _limit(memory)
    limited.stay()
    there.sendall(READY)
    with suppress(EOFError, ConnectionError):
        while True:
            send(there, *_answer(*receive(there)))


def _answer(question: dict[str, Any], buffers: list[Buffer]) -> tuple[dict[str, Any], list[Buffer]]:
    said, tree, made = _made(question, buffers)
    return {"said": said, "tree": tree}, made


def _made(question: dict[str, Any], buffers: list[Buffer]) -> tuple[str, Tree, list[Buffer]]:
    try:
        function, hints = _function(question["call"])
        arguments = _arguments(hints, question["arguments"], buffers)
        buffers.clear()
        _allow(question["seconds"])
        return VALUE, *packed(function(*arguments))
    except Unreadable as error:
        return UNREADABLE, error.message, []
    except MemoryError:
        return MEMORY, "", []
    except BaseException:
        return FAILED, traceback.format_exc(), []


@lru_cache
def _function(name: str) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """What a name stands for, and the types of its arguments."""
    module, _, attribute = name.partition(":")
    function = inspect.unwrap(getattr(importlib.import_module(module), attribute))
    hints = get_type_hints(function)
    return function, tuple(hints[name] for name in inspect.signature(function).parameters)


def _arguments(hints: tuple[Any, ...], trees: list[Tree], buffers: list[Buffer]) -> list[Any]:
    return [unpacked(hint, tree, buffers) for hint, tree in zip(hints, trees, strict=False)]


def _bind(parent: int) -> None:
    """To the life of the parent; where the system cannot do so, the socket's end is the end."""
    if sys.platform.startswith("linux"):
        import ctypes

        system = ctypes.CDLL(None, use_errno=True)
        system.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        system.prctl(_NO_NEW_RIGHTS, 1, 0, 0, 0)
        with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write(_FIRST_TO_GO)
    if os.getppid() != parent:
        os._exit(0)


def _limit(memory: int) -> None:
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _FILES),
    ):
        _set(kind, most)
    _set(resource.RLIMIT_STACK, _STACK, soft=True)


def _set(kind: int, most: int, *, soft: bool = False) -> None:
    """No higher than it is; both bounds, or only the one that may be raised again."""
    _, hard = resource.getrlimit(kind)
    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (bound, hard if soft else bound))


def _allow(seconds: int) -> None:
    """So many seconds of processor time from now; after them the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _set(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + seconds, soft=True)


if __name__ == "__main__":
    descriptor, memory, parent = map(int, sys.argv[1:])
    with socket.socket(fileno=descriptor) as there:
        main(there, memory, parent)
