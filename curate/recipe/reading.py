"""A recipe while it is read: its values, and a place to say what is wrong with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curate.recipe.page import Span
from curate.recipe.shape import Shape
from curate.recipe.wording import braces_hint, wrongs

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import ValidationError

    from curate.recipe.complaint import Complaint, Complaints
    from curate.recipe.document import Document, Keys
    from curate.recipe.environment import Unknown
    from curate.steps.step import Objection


@dataclass(frozen=True)
class Reading:
    """What is needed to say that something is wrong, and where."""

    document: Document
    complaints: Complaints

    def at_key(self, path: Keys, message: str, **more: Any) -> None:
        self.complaints.add(self.document.key_span(path), message, **more)

    def at_value(self, path: Keys, message: str, **more: Any) -> None:
        self.complaints.add(self.document.value_span(path), message, **more)

    def invalid(
        self, path: Keys, label: str, error: ValidationError, schema: Callable[[], dict[str, Any]]
    ) -> None:
        """What a model found wrong with the value at `path`, which people call `label`."""
        for wrong in wrongs(error, self.document.get(path), label, Shape(schema)):
            note = self.at_key if wrong.at_key else self.at_value
            note(
                (*path, *wrong.path),
                wrong.message,
                expected=wrong.expected,
                candidates=wrong.candidates,
                written=wrong.written,
                hint=wrong.hint,
            )

    def objection(self, path: Keys, objection: Objection) -> Complaint:
        """What a source or step says against its settings."""
        place = self._existing((*path, *objection.path))
        value, key = self.document.get(place), str(place[-1])
        part = _quoted_part(objection.message, value, key)
        return self.complaints.add(
            self._part_span(place, part) if part else self.document.key_span(place),
            objection.message,
            expected=objection.expected,
            candidates=objection.candidates,
            written=part.strip("{}") if part else key,
            hint=braces_hint(value),
        )

    def unknown_variable(self, path: Keys, unknown: Unknown) -> None:
        span = self._part_span((*path, *unknown.keys), unknown.written)
        self.complaints.add(span, unknown.message, hint=unknown.hint)

    def _part_span(self, path: Keys, part: str) -> Span:
        """Where a part of a value was written, or the whole of it."""
        span = self.document.value_span(path)
        start = self.document.page.text.find(part, span.start, span.end)
        return Span(start, start + len(part)) if start >= 0 else span

    def _existing(self, path: Keys) -> Keys:
        """As much of a path as leads to a value in the document."""
        while path not in self.document.values:
            path = path[:-1]
        return path


def _quoted_part(message: str, value: Any, key: str) -> str | None:
    """The part of a value that a message is about; none where it is about the key.

    Objections lead to a key and its value alike; which of the two is meant shows in what they
    quote.
    """
    quoted = re.findall(r"'([^']+)'", message)
    if not isinstance(value, str):
        told = not isinstance(value, dict | list) and key not in quoted
        return str(value) if told and str(value) in message.split() else None
    if value in quoted or f"'{value}'" in message:
        return value
    return None if key in quoted else next((part for part in quoted if part in value), None)
