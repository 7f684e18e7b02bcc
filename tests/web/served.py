"""Servers of this machine that behave as the web's do, well and badly: real sockets, each answer as it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias


@dataclass
class Site:
    """What lies at which path; a path that is not there is 404."""

    port: int
    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Paths, as they were asked for."""
    headers: list[dict[str, str]] = field(default_factory=list)
    under_way: int = 0
    busiest: int = 0
    """The most requests at once that had not been answered."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def media(self, files: Mapping[str, bytes]) -> None:
        for path, data in files.items():
            self.pages[path] = file(data)


Answer: TypeAlias = "Callable[[_Handler], None]"


def file(data: bytes, status: int = 200, **headers: str) -> Answer:
    """A file, with headers whose names have `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.reply(status, data, named)


def raw(data: bytes) -> Answer:
    """Bytes on the wire, as they are."""

    def answer(handler: _Handler) -> None:
        handler.wfile.write(data)

    return answer


def moved(to: str, status: int = 302) -> Answer:
    return file(b"", status, Location=to)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    answering: bool

    def do_GET(self) -> None:
        site = self.server.site
        self.answering = True
        with site.lock:
            site.asked.append(self.path)
            site.headers.append(dict(self.headers.items()))
            site.under_way += 1
            site.busiest = max(site.busiest, site.under_way)
        try:
            site.pages.get(self.path, file(b"nothing", 404))(self)
        except OSError:
            self.close_connection = True
        finally:
            self.answered()

    def answered(self) -> None:
        """Before the last byte is sent: whoever has it may ask again at once."""
        if self.answering:
            self.answering = False
            with self.server.site.lock:
                self.server.site.under_way -= 1

    def reply(self, status: int, data: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.answered()
        self.wfile.write(data)

    def wait(self, seconds: float) -> None:
        self.server.site.closing.wait(seconds)

    def log_message(self, *_: object) -> None: ...


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: Site


@contextmanager
def served(**pages: Answer) -> Iterator[Site]:
    """A site on a port of this machine."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.site = site = Site(server.server_address[1], dict(pages))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield site
    finally:
        site.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
