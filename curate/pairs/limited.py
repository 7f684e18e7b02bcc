"""Functions that see bytes of strangers, called in processes of their own (`curate.pairs.decoder`).

    @limited
    def decode_image(data: bytes) -> np.ndarray: ...

Whoever calls it gets what it makes, or `Unreadable` in its words, and never meets the decoder: that may
crash, hang, or want all the memory there is. A function is limited if its module can be imported by its
name, and its arguments (by position) and its value are what `curate.pairs.wire` carries.

What a decoder says is a value. That it came to an end is none: what it had decoded before, and what else
ran on the machine, may have had a part in that. So only a decoder that has seen nothing else is believed,
and one that was killed from outside only the second time; then `Unreadable` says how it ended, in words
that begin with `PASSING`: a verdict of this build, which no store keeps. The same process does not try
the same content again. A decoder that cannot be started is trouble of the machine and raises `OSError`
or `CurateError`.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar, get_type_hints

from curate.errors import CurateError, Unreadable
from curate.pairs.decoder import FAILED, MEMORY, UNREADABLE, Answer, Decoder, Ended, Killed
from curate.pairs.wire import Buffer, Tree, packed, unpacked

P = ParamSpec("P")
R = TypeVar("R")

PASSING = "decoding "
"""Begins the words of what is no value: how a decoder ended."""


@dataclass(frozen=True)
class Limits:
    """What one call may take. Time grows with the bytes: two hours of film are no bomb."""

    memory: int = 8 << 30
    """Bytes of address space: some times what the largest content takes that is decoded."""
    seconds: int = 30
    """Of processor time, whatever the load of the machine."""
    seconds_a_megabyte: int = 10
    patience: float = 10.0
    """How many times its seconds a call may last; a decoder that waits for nothing uses none."""

    def seconds_of(self, size: int) -> int:
        return self.seconds + size * self.seconds_a_megabyte // 1_000_000


LIMITS = Limits()
_inside = False
_ended: dict[bytes, str] = {}
"""Contents that ended a decoder, and how."""


def limited(function: Callable[P, R]) -> Callable[P, R]:
    """The function, run in a decoder."""
    name = f"{function.__module__}:{function.__qualname__}"

    @wraps(function)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        if _inside:
            return function(*args, **kwargs)
        assert not kwargs, "arguments are given by their position"
        value: R = _decoded(function, name, args)
        return value

    return asked


def stay() -> None:
    """This process is a decoder, or as limited as one: functions run in it from now on."""
    global _inside  # noqa: PLW0603
    _inside = True


def _decoded(function: Callable[..., Any], name: str, args: Sequence[Any]) -> Any:
    call = _Call(function, name, *packed(list(args)))
    if _ended and (known := _ended.get(call.key)):
        raise Unreadable(known)
    decoder = _pool.take()
    try:
        return call.put_to(decoder)
    except (Ended, _Failed) as error:
        if decoder.is_new and not isinstance(error, Killed):
            raise call.told(error) from None
    try:
        return call.put_to(Decoder(LIMITS.memory))
    except (Ended, _Failed) as error:
        raise call.told(error) from None


@dataclass(frozen=True)
class _Call:
    function: Callable[..., Any]
    name: str
    tree: Tree
    buffers: Sequence[Buffer]

    @property
    def key(self) -> bytes:
        """Of what it is about, whatever is asked of it: bytes, and the span where there is one."""
        said = [part for part in self.tree if isinstance(part, list)]
        digest = hashlib.sha256(repr(said).encode())
        for buffer in self.buffers:
            digest.update(buffer)
        return digest.digest()

    def put_to(self, decoder: Decoder) -> Any:
        """What a decoder makes of it; it is there for the next call unless it came to an end."""
        limits = LIMITS
        seconds = limits.seconds_of(sum(len(buffer) for buffer in self.buffers))
        question = {"call": self.name, "arguments": self.tree, "seconds": seconds}
        answer = decoder.ask(question, self.buffers, limits.patience * seconds)
        if answer.said in (MEMORY, FAILED):
            decoder.end()
        else:
            _pool.give(decoder)
        return self._value(answer, limits)

    def _value(self, answer: Answer, limits: Limits) -> Any:
        if answer.said == MEMORY:
            raise Ended(f"was stopped: more than {limits.memory / 2**30:g} GiB of memory")
        if answer.said == FAILED:
            raise _Failed(f"{self.name} failed in its process:\n{answer.tree}")
        try:
            if answer.said == UNREADABLE:
                raise Unreadable(unpacked(str, answer.tree, ()))
            return unpacked(_returns(self.function), answer.tree, answer.buffers)
        except (ValueError, TypeError, IndexError):
            raise Ended("went wrong: the answer makes no sense") from None

    def told(self, error: Ended | _Failed) -> CurateError:
        """What whoever called hears of it; how a decoder ended is remembered."""
        if isinstance(error, _Failed):
            return error
        words = _ended[self.key] = f"{PASSING}{error}"
        return Unreadable(words)


@cache
def _returns(function: Callable[..., Any]) -> Any:
    return get_type_hints(function)["return"]


class _Failed(CurateError):
    """A mistake of ours, or a library that is not there."""


class _Pool:
    """Decoders that wait: as many as were ever wanted at once."""

    def __init__(self) -> None:
        self._idle: list[Decoder] = []
        self._lock = threading.Lock()

    def take(self) -> Decoder:
        """One that nobody uses, the last used first, or a new one."""
        with self._lock:
            known = self._idle.pop() if self._idle else None
        return known or Decoder(LIMITS.memory)

    def give(self, decoder: Decoder) -> None:
        decoder.is_new = False
        with self._lock:
            self._idle.append(decoder)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def disown(self) -> None:
        """In a copy of this process; who held the lock is not there."""
        for decoder in self._idle:
            decoder.disown()
        self.__init__()  # type: ignore[misc]


_pool = _Pool()
atexit.register(_pool.close)
os.register_at_fork(after_in_child=_pool.disown)
