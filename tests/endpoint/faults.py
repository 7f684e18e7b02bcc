"""A proxy with faults, before a real server: real sockets, and each fault in its turn."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

import httpx2


@dataclass
class Seen:
    """One request as it came in."""

    at: float
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Proxy:
    """Forwards to `upstream`, but for the faults that are waiting, the first to whoever is first."""

    upstream: str
    faults: deque[Fault] = field(default_factory=deque)
    seen: list[Seen] = field(default_factory=list)
    answered: int = 0
    """Requests that got a whole reply from upstream: what is paid for."""
    busiest: int = 0
    """Requests under way at once, at most."""
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    closing: threading.Event = field(default_factory=threading.Event)
    under_way: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


Fault: TypeAlias = "Callable[[_Handler], None]"


def status(number: int, retry_after: str | None = None, **error: str) -> Fault:
    """A refusal in the protocol's form."""

    def fail(handler: _Handler) -> None:
        headers = {"Retry-After": retry_after} if retry_after else {}
        handler.reply(number, json.dumps({"error": error}).encode(), headers)

    return fail


def reply(text: str | None, **choice: Any) -> Fault:
    """A chat completion that no model wrote."""
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 3, "completion_tokens": 2}
    said = {"choices": [{"message": message, "finish_reason": "stop", **choice}], "usage": usage}
    return lambda handler: handler.reply(200, json.dumps(said).encode())


def garbage(handler: _Handler) -> None:
    """All of a body, which is half of a document."""
    handler.reply(200, handler.forwarded()[:40])


def torn(handler: _Handler) -> None:
    """A connection that closes in the middle of the body."""
    whole = handler.forwarded()
    handler.reply(200, whole[:40], {"Content-Length": str(len(whole))})


def bomb(handler: _Handler) -> None:
    """A small reply that unpacks to a hundred megabytes."""
    handler.reply(200, gzip.compress(b" " * 100_000_000), {"Content-Encoding": "gzip"})


def hanging(handler: _Handler) -> None:
    """No answer at all."""
    handler.server.proxy.closing.wait(30)


class _Server(ThreadingHTTPServer):
    proxy: Proxy
    daemon_threads = False


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    raw: bytes
    answering: bool

    def do_POST(self) -> None:
        proxy = self.server.proxy
        self.answering = True
        self.raw = self.rfile.read(int(self.headers["Content-Length"]))
        with proxy.lock:
            proxy.seen.append(Seen(time.monotonic(), dict(self.headers), json.loads(self.raw)))
            fault = proxy.faults.popleft() if proxy.faults else None
            proxy.under_way += 1
            proxy.busiest = max(proxy.busiest, proxy.under_way)
        try:
            self._answer(fault)
        finally:
            self.answered()

    def answered(self) -> None:
        """Before the last byte is sent: whoever has it may ask again at once."""
        if self.answering:
            self.answering = False
            with self.server.proxy.lock:
                self.server.proxy.under_way -= 1

    def _answer(self, fault: Fault | None) -> None:
        if fault is not None:
            fault(self)
            return
        whole = self.forwarded()
        with self.server.proxy.lock:
            self.server.proxy.answered += 1
        self.reply(200, whole)

    def forwarded(self) -> bytes:
        """What upstream replies."""
        url = f"{self.server.proxy.upstream}/chat/completions"
        answer = httpx2.post(url, content=self.raw, headers={"Content-Type": "application/json"})
        assert answer.status_code == 200, answer.text
        return answer.content

    def reply(self, code: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        length = (headers or {}).get("Content-Length", str(len(body)))
        self.send_response(code)
        for name, value in {**(headers or {}), "Content-Length": length}.items():
            self.send_header(name, value)
        self.end_headers()
        self.answered()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


@contextmanager
def proxied(upstream: str, *faults: Fault, port: int = 0) -> Iterator[Proxy]:
    """A proxy at a port of this machine, its faults in order."""
    proxy = Proxy(upstream, deque(faults))
    server = _Server(("127.0.0.1", port), _Handler)
    server.proxy, proxy.port = proxy, server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield proxy
    finally:
        proxy.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
