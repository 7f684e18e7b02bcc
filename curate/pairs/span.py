"""Stretches of recordings: contents that lie inside a file and are cut only when they are read.

A span is named by the file it lies in and its ends in seconds, so that thousands of clips of one
film cost nothing until somebody looks at them.
"""

from __future__ import annotations

from typing import NamedTuple

from curate.errors import Unreadable
from curate.pairs.identity import canonical_json, content_hash

DECIMALS = 6
"""Ends are kept to the microsecond."""
OVERHANG = 0.01
"""Seconds by which a span may end after its recording: people write ends in hundredths."""


class Span(NamedTuple):
    """From `start` up to `end`, in seconds of the recording's own clock."""

    start: float
    end: float

    @property
    def duration(self) -> float:
        return self.end - self.start


class Recording(NamedTuple):
    """The bytes of a recording's file, and the stretch of it that is meant; all of it when None."""

    data: bytes
    span: Span | None = None


def span(start: float, end: float) -> Span:
    """A span whose ends are rounded to what names can tell apart."""
    return Span(round(start, DECIMALS), round(end, DECIMALS))


def span_key(file_sha256: str, of: Span) -> str:
    """The key of a span's content: a hash of the file's hash and both ends."""
    return content_hash(canonical_json({"file": file_sha256, "span": list(of)}))


def check_within(of: Span, duration: float) -> None:
    """Raise `Unreadable` unless the span lies within a recording of so many seconds."""
    if not 0 <= of.start < of.end <= duration + OVERHANG or of.start >= duration:
        raise Unreadable(
            f"the span {_seconds(of.start)}–{_seconds(of.end)} s "  # noqa: RUF001
            "lies outside the recording of "
            f"{_seconds(duration)} s"
        )


def _seconds(value: float) -> str:
    """Three decimals at most, one at least."""
    whole, _, decimals = f"{value:.3f}".partition(".")
    return f"{whole}.{decimals.rstrip('0') or '0'}"
