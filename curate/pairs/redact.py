"""Texts with what was found in them replaced by what kind of thing it was: `<EMAIL>`, `<PHONE>`.

Finds that overlap are one: it is called by the surest of them, and of equals by the longest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypedDict


class Found(TypedDict):
    """Where something begins and ends, in letters of the text."""

    start: int
    end: int
    kind: str
    score: float


def placeholder(kind: str) -> str:
    return f"<{kind.upper()}>"


def redacted(text: str, found: Sequence[Found]) -> str:
    """The text without what was found."""
    told, at = [], 0
    for span in united(found):
        told += [text[at : span["start"]], placeholder(span["kind"])]
        at = span["end"]
    return "".join([*told, text[at:]])


def united(found: Sequence[Found]) -> list[Found]:
    """Finds apart from one another, as they follow in the text."""
    return [_one(group) for group in _groups(sorted(found, key=lambda span: span["start"]))]


def _groups(ordered: Sequence[Found]) -> Iterator[list[Found]]:
    group: list[Found] = []
    for span in ordered:
        if group and span["start"] >= max(other["end"] for other in group):
            yield group
            group = []
        group.append(span)
    if group:
        yield group


def _one(group: Sequence[Found]) -> Found:
    best = min(group, key=lambda f: (-f["score"], f["start"] - f["end"], f["start"], f["kind"]))
    start, end = min(f["start"] for f in group), max(f["end"] for f in group)
    return {**best, "start": start, "end": end}
