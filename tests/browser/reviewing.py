"""A review page that really runs, on a port of its own."""

from __future__ import annotations

import threading
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
            yield running
        finally:
            running.stop()
            thread.join(20)
