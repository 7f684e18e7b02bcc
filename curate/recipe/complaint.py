"""One thing wrong with a recipe, and all of them together.

Complaints are gathered while the recipe is read and raised once at the end, so that a person
mends everything in one round. Each says what is wrong, where, what was expected and, when a name
was mistyped, which one was probably meant.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from typing import TYPE_CHECKING, NoReturn

from curate.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from curate.recipe.page import Page, Span

_SHOWN = 12
_LIKEST = 6
_WIDTH = 92
_LONGEST = 400
_MOST = 50


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """One thing wrong, as shown to a person and, through `document`, to a script."""

    file: str
    line: int
    column: int
    width: int
    excerpt: str
    message: str
    expected: str | None = None
    suggestion: str | None = None
    hint: str | None = None

    def document(self) -> dict[str, str | int | None]:
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "expected": self.expected,
            "suggestion": self.suggestion,
            "hint": self.hint,
        }

    def render(self) -> str:
        lines = [f"{self.file}:{self.line}:{self.column}: {self.message}", *self._excerpt()]
        if self.expected:
            lines.append(f"  expected {self.expected}")
        if self.suggestion:
            lines.append(f"  did you mean '{self.suggestion}'?")
        if self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)

    def _excerpt(self) -> list[str]:
        shown, column = _window(_visible(self.excerpt), self.column - 1)
        marked = shown[column : column + self.width]
        carets = "^" * max(1, _columns(marked))
        gap = " " * _columns(shown[:column])
        return [f"{self.line:>6} | {shown}".rstrip(), f"       | {gap}{carets}"]


class Complaints:
    """Gathers what is wrong with one page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._found: dict[tuple[int, int, str], Complaint] = {}

    def __len__(self) -> int:
        return len(self._found)

    def add(
        self,
        span: Span,
        message: str,
        *,
        expected: str | None = None,
        candidates: Iterable[str] = (),
        written: str | None = None,
        hint: str | None = None,
    ) -> Complaint:
        """Note one complaint; `candidates` are the valid names in place of what is `written`."""
        names = tuple(candidates)
        line, column = self._page.place(span.start)
        complaint = Complaint(
            file=self._page.name,
            line=line,
            column=column,
            width=span.end - span.start,
            excerpt=self._page.lines[line - 1],
            message=_clip(message),
            expected=_expected(expected, _likest_first(written, names)),
            suggestion=nearest(written, names) if written else None,
            hint=hint,
        )
        # An anchor's content is read once per alias; it is wrong in one place only.
        return self._found.setdefault((line, column, message), complaint)

    def stop(self, span: Span, message: str, hint: str | None = None) -> NoReturn:
        """Raise at once: what follows cannot be read."""
        self.add(span, message, hint=hint)
        raise self.error()

    def error(self) -> RecipeError:
        found = sorted(self._found.values(), key=lambda one: (one.line, one.column))
        count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
        closing = f"{count} in {self._page.name}"
        if len(found) > _MOST:
            closing = f"these are the first {_MOST} of {closing}"
        text = "\n\n".join([*(one.render() for one in found[:_MOST]), closing])
        return RecipeError(text, complaints=[one.document() for one in found])


def nearest(written: str, candidates: Iterable[str]) -> str | None:
    """The valid name that looks most like what was written, if any does."""
    names = tuple(candidates)
    by_shape = {_shape(name): name for name in reversed(names)}
    # Of `image.min_side` the last part alone is often written.
    by_shape = {_shape(name).rpartition(".")[2]: name for name in reversed(names)} | by_shape
    if len(written) > _LONGEST:
        return None
    close = get_close_matches(_shape(written), by_shape, n=1, cutoff=0.6)
    return by_shape[close[0]] if close else None


def _likest_first(written: str | None, candidates: tuple[str, ...]) -> tuple[str, ...]:
    """The names in their own order or, where not all can be shown, by likeness."""
    if written is None or len(written) > _LONGEST or len(candidates) <= _SHOWN:
        return candidates
    shape = _shape(written)
    return tuple(sorted(candidates, key=lambda name: -_likeness(shape, _shape(name))))


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _shape(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")


def _expected(expected: str | None, candidates: tuple[str, ...]) -> str | None:
    if not candidates or (expected and all(name in expected for name in candidates)):
        return expected
    names = ", ".join(candidates)
    if len(candidates) > _SHOWN:
        names = f"{', '.join(candidates[:_LIKEST])} and {len(candidates) - _LIKEST} more"
    if expected:
        return f"{expected}: {names}"
    return f"one of: {names}" if len(candidates) > 1 else names


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _visible(text: str) -> str:
    """The text with one visible character for each that would move or hide the others."""
    shown = text.replace("\t", "→")
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in shown)


def _window(text: str, column: int) -> tuple[str, int]:
    """A stretch of a long line around a column, and the column in it."""
    if len(text) <= _WIDTH:
        return text, column
    start = max(0, min(column - _WIDTH // 2, len(text) - _WIDTH))
    before, after = "…" if start else "", "…" if start + _WIDTH < len(text) else ""
    return before + text[start : start + _WIDTH] + after, column - start + len(before)


def _columns(text: str) -> int:
    """How many terminal columns the text takes."""
    return sum(map(_char_columns, text))


def _char_columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
