"""Reads subtitles: SubRip and WebVTT files, told apart by their first line.

WebVTT is read by W3C's specification, but hours may have any number of digits and commas may stand
for points. SubRip has no specification: a cue begins at its line of times, wherever that stands, so
that numbers may lack or repeat and empty lines may stand in a text. Cues are kept in the order of
the file; they may overlap, and end before they begin, which is for the reader to judge.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from curate.errors import Unreadable
from curate.pairs.span import DECIMALS

ARROW = "-->"
TIME = r"(?:(\d{1,6}):)?([0-5]?\d):([0-5]?\d)(?:[.,](\d{1,9}))?"
TIMES = re.compile(rf"\s*{TIME}\s*-->\s*{TIME}(?:\s.*)?", re.ASCII)
NUMBER = re.compile(r"\s*\d+\s*", re.ASCII)
OVERRIDE = re.compile(r"\{\\[^{}]*\}")
"""`{\\an8}`: where on the picture; out of another format, but players obey it in SubRip too."""
SUBRIP_TAG = re.compile(r"</?(?:[biusv]|font|c|lang|ruby|rt)(?:[\s.][^<>]*)?>", re.IGNORECASE)
WEBVTT_TAG = re.compile(r"<[^<>]*>")


class Cue(NamedTuple):
    """What is said or heard for a while, in seconds of the recording's clock."""

    start: float
    end: float
    text: str
    """Lines joined by spaces, without tags; may be empty."""


class _Raw(NamedTuple):
    """A cue's lines, and the number of the line that has its times."""

    line: int
    text: list[str]


def parse(text: str) -> list[Cue]:
    """The cues of a file; `Unreadable` with the line where there should be times and are none."""
    lines = re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff"))
    is_webvtt = re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0]) is not None
    raw = list(_webvtt(lines) if is_webvtt else _subrip(lines))
    tag = WEBVTT_TAG if is_webvtt else SUBRIP_TAG
    cues = [_cue(lines[each.line], each, tag) for each in raw]
    if not cues and not is_webvtt and text.strip("\ufeff \t\r\n"):
        raise Unreadable("line 1: neither WebVTT nor SubRip: no line has times")
    return [cue._replace(text=html.unescape(cue.text)) for cue in cues] if is_webvtt else cues


def _webvtt(lines: list[str]) -> Iterator[_Raw]:
    """A text ends at an empty line or at the next times; notes and styles have no times."""
    at = 1
    while at < len(lines):
        if ARROW not in lines[at]:
            at += 1
            continue
        end = at + 1
        while end < len(lines) and lines[end] and ARROW not in lines[end]:
            end += 1
        yield _Raw(at, lines[at + 1 : end])
        at = end


def _subrip(lines: list[str]) -> Iterator[_Raw]:
    """A text ends where the next cue begins, less that one's number."""
    starts = [at for at in range(len(lines)) if _begins(lines, at)]
    for at, following in pairwise([*starts, len(lines)]):
        last = following - 1
        numbered = following < len(lines) and last > at and _is_number(lines[last])
        yield _Raw(at, lines[at + 1 : following - numbered])


def _begins(lines: list[str], at: int) -> bool:
    """Whether a line has times, or an arrow where they should be."""
    if ARROW not in lines[at]:
        return False
    if TIMES.fullmatch(lines[at]):
        return True
    above = at - 1 if at and _is_number(lines[at - 1]) else at
    return above == 0 or not lines[above - 1].strip()


def _is_number(line: str) -> bool:
    return NUMBER.fullmatch(line) is not None


def _cue(times: str, raw: _Raw, tag: re.Pattern[str]) -> Cue:
    found = TIMES.fullmatch(times)
    if found is None:
        raise Unreadable(f"line {raw.line + 1}: no times of a cue: '{times.strip()[:60]}'")
    start, end = _seconds(*found.groups()[:4]), _seconds(*found.groups()[4:])
    joined = " ".join(" ".join(raw.text).split())
    return Cue(start, end, " ".join(tag.sub("", OVERRIDE.sub("", joined)).split()))


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> float:
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return round(whole + float(f"0.{fraction or 0}"), DECIMALS)


class Timeline:
    """Cues by their times, to find what is said at the same moment in another language."""

    def __init__(self, cues: Sequence[Cue]) -> None:
        self._order = sorted(range(len(cues)), key=lambda at: cues[at].start)
        self._cues = [cues[at] for at in self._order]
        self._starts = [cue.start for cue in self._cues]
        self._reach = list(accumulate((cue.end for cue in self._cues), max))

    def beside(self, cue: Cue) -> int | None:
        """Place of the cue that overlaps this one longest, of equals the earliest; null if none."""
        best, longest = None, 0.0
        at = bisect_left(self._starts, cue.end) - 1
        while at >= 0 and self._reach[at] > cue.start:
            other = self._cues[at]
            overlap = min(cue.end, other.end) - max(cue.start, other.start)
            if overlap > 0 and overlap >= longest:
                best, longest = self._order[at], overlap
            at -= 1
        return best
