"""A review page that really runs, on a port of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.review.serve import Server, server
from curate.review.subject import under_review
from curate.run.progress import Silence


@contextmanager
def reviewing(target: Path, by: str | None = "Ada") -> Iterator[Server]:
    """Serves a release or a recipe until the end of the block."""
    with under_review(target, Silence()) as subject:
        running = server(subject, by)
        thread = threading.Thread(target=running.run)
        thread.start()
        try:
            _wait(running)
            yield running
        finally:
            running.stop()
            thread.join(20)


def _wait(running: Server) -> None:
    for _ in range(200):
        if running.uvicorn.started:
            return
        time.sleep(0.05)
    raise TimeoutError("the server did not start")
