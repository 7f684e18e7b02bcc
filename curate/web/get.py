"""One GET of a stranger's server: to the address that was looked at, in bounded time, nothing unpacked.

Proxies, cookies, credentials and files of settings play no part. A body that comes encoded is refused:
it was not asked for, and what it unpacks to has no bound. Redirects are followed by hand, each looked at
like the first.
"""

from __future__ import annotations

import errno
import http.client
import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import curate
from curate.web.address import PORTS, Place, addresses, place
from curate.web.trouble import Failed, Refused

AGENT = "curate"
"""The name by which sites may speak to it in their rules."""
_MOVED = frozenset({301, 302, 303, 307, 308})
_MOST_MOVES = 5
_CHUNK = 1 << 16
_CONNECT = 10.0
"""Seconds at most for one address to take the connection."""
_SLICE = 1.0
"""Seconds of a wait after which it is looked whether to go on."""
_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Trouble of this machine, which says nothing about the address."""


@dataclass(frozen=True)
class Asking:
    """How addresses are asked."""

    seconds: float
    """For one file, from the first name to the last byte, through all redirects."""
    allowed: Set[str] = frozenset()
    """Hosts that need not be public."""
    contact: str | None = None
    """Told to servers: whom their keepers may write to."""
    stopped: threading.Event = field(default_factory=threading.Event)
    """Once it is set, nothing is waited for any more."""

    @property
    def agent(self) -> str:
        said = f" (+{self.contact})" if self.contact else ""
        return f"{AGENT}/{curate.__version__}{said}"


@dataclass(frozen=True)
class Reply:
    """The head of a server's last answer; `chunks` reads the rest."""

    where: Place
    status: int
    headers: dict[str, list[str]]
    """By names in small letters."""
    length: int | None
    chunks: Callable[[], Iterator[bytes]]


@contextmanager
def got(
    url: str, asking: Asking, permits: Callable[[Place], None] = lambda where: None
) -> Iterator[Reply]:
    """A server's answer; raises `Refused` and `Failed`. `permits` may refuse each place on the way."""
    clock = _Clock(asking)
    where = place(url)
    for _ in range(_MOST_MOVES + 1):
        permits(where)
        connection = _Connection(where, asking.allowed, clock)
        try:
            reply = connection.asked(where, asking.agent)
            onwards = reply.headers.get("location")
            if reply.status not in _MOVED or not onwards:
                yield reply
                return
        finally:
            connection.hang_up()
        where = place(onwards[0], where.url)
    raise Failed(f"more than {_MOST_MOVES} redirects", lasting=True)


class _Clock:
    """How much time is left."""

    def __init__(self, asking: Asking) -> None:
        self.seconds = asking.seconds
        self._end = time.monotonic() + asking.seconds
        self._stopped = asking.stopped

    def left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0 or self._stopped.is_set():
            raise TimeoutError
        return left


class _Connection(http.client.HTTPConnection):
    """To the addresses that were looked at, and to no others."""

    def __init__(self, where: Place, allowed: Set[str], clock: _Clock) -> None:
        super().__init__(where.host, where.port)
        self.default_port = PORTS[where.scheme]  # what needs not be said in `Host`
        self._where, self._clock = where, clock
        self._addresses = addresses(where, allowed)
        self._socket: socket.socket | None = None

    def connect(self) -> None:
        self._socket = found = self._connected()
        if self._where.scheme == "https":
            found.settimeout(self._clock.left())
            self._socket = ssl.create_default_context().wrap_socket(
                found, server_hostname=self._where.host
            )
        self.sock: Any = _Wire(self._socket, self._clock)

    def _connected(self) -> socket.socket:
        last: OSError = OSError(errno.EHOSTUNREACH, "no address")
        for address in self._addresses:
            try:
                seconds = min(_CONNECT, self._clock.left())
                return socket.create_connection((address, self._where.port), seconds)
            except OSError as error:
                last = error
        raise last

    def hang_up(self) -> None:
        """For good; `close` is what `http.client` says as soon as it has seen the head."""
        if self._socket is not None:
            self._socket.close()

    def asked(self, where: Place, agent: str) -> Reply:
        headers = {
            "User-Agent": agent,
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        with _in_words(self._clock.seconds):
            self.request("GET", where.target, headers=headers)
            response = self.getresponse()
        said: dict[str, list[str]] = {}
        for name, value in response.getheaders():
            said.setdefault(name.lower(), []).append(value)
        return Reply(where, response.status, said, response.length, lambda: self._chunks(response))

    def _chunks(self, response: http.client.HTTPResponse) -> Iterator[bytes]:
        encoded = response.getheader("Content-Encoding", "identity").strip().lower()
        if encoded not in ("", "identity"):
            name = re.sub(r"[^a-z0-9, -]", "?", encoded)[:20]
            raise Refused(f"the answer is encoded as {name}, which was not asked for")
        while data := self._chunk(response):
            yield data
        if response.length:
            raise Failed("the answer ends in the middle")

    def _chunk(self, response: http.client.HTTPResponse) -> bytes:
        with _in_words(self._clock.seconds):
            return response.read(_CHUNK)


class _Wire:
    """A connected socket to `http.client`, each of whose waits ends when the time is over."""

    def __init__(self, wire: socket.socket, clock: _Clock) -> None:
        self._wire, self._clock = wire, clock

    def sendall(self, data: bytes) -> None:
        self._wire.settimeout(self._clock.left())
        self._wire.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self._wire, self._clock), _CHUNK)

    def close(self) -> None:
        """`hang_up` does."""


class _Incoming(io.RawIOBase):
    def __init__(self, wire: socket.socket, clock: _Clock) -> None:
        self._wire, self._clock = wire, clock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            self._wire.settimeout(min(_SLICE, self._clock.left()))
            with suppress(TimeoutError):
                return self._wire.recv_into(buffer)


@contextmanager
def _in_words(seconds: float) -> Iterator[None]:
    """What connections raise, without a word that a server chose."""
    try:
        yield
    except TimeoutError:
        raise Failed(f"it took more than {seconds:g} seconds") from None
    except ssl.SSLError as error:
        raise Failed(f"no sound TLS: {error.reason or 'broken off'}".replace("_", " ")) from None
    except http.client.IncompleteRead:
        raise Failed("the answer ends in the middle") from None
    except (http.client.HTTPException, ValueError) as error:
        raise Failed(f"no sound HTTP: {type(error).__name__}") from None
    except OSError as error:
        if error.errno in _OURS:
            raise
        raise Failed((error.strerror or "the connection failed").lower()) from None
