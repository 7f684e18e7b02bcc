"""The inside of a decoder, in a process that has given up the rest (`curate.pairs.confined`).

Each call gets so many seconds of processor time, by the kernel's clock.
"""

from __future__ import annotations

import importlib
import inspect
import resource
import signal
import socket
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, get_type_hints

from curate.errors import Unreadable
from curate.pairs import limited
from curate.pairs.confined import bound
from curate.pairs.decoder import FAILED, MEMORY, READY, UNREADABLE, VALUE, receive, send
from curate.pairs.wire import Buffer, Tree, packed, unpacked


def main(there: socket.socket) -> None:
    """Answer until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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


def _allow(seconds: int) -> None:
    """So many seconds of processor time from now; after them the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    bound(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + seconds, soft=True)
