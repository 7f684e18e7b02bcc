"""Runs the review page on a free port of this machine, for nobody else."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn

from curate.review.app import Desk, app
from curate.review.guard import HOST, Keys
from curate.review.subject import Subject


@dataclass(frozen=True)
class Server:
    """A server that is bound and not yet running."""

    keys: Keys
    uvicorn: uvicorn.Server
    socket: socket.socket

    @property
    def address(self) -> str:
        return self.keys.address

    def run(self, started: Callable[[str], None] | None = None) -> None:
        """Serve until it is told to stop."""
        if started is not None:
            started(self.address)
        self.uvicorn.run(sockets=[self.socket])

    def stop(self) -> None:
        self.uvicorn.should_exit = True


def server(subject: Subject, by: str | None = None, port: int = 0) -> Server:
    """Bind to a port, any that is free for 0; raises `OSError`."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((HOST, port))
    bound.listen()  # who comes before the server runs waits
    keys = Keys(bound.getsockname()[1])
    config = uvicorn.Config(
        app(Desk(subject, keys, by)),
        log_level="error",
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
    )
    return Server(keys, uvicorn.Server(config), bound)
