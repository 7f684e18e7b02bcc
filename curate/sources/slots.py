"""Paths with values in braces: `{id}.mp4`, or `{image_id:012}` where names are padded with zeros."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from curate.sources.boundary import leaves
from curate.sources.document import identifier
from curate.sources.pattern import MAGIC, PLACEHOLDER
from curate.steps.step import Objection

SLOT = re.compile(r"\{(\w+)(?::0(\d\d?))?\}")


def fill(template: str, values: Mapping[str, Any]) -> str | None:
    """The path of one row; null when the row lacks a value."""
    if any(identifier(values.get(slot[1])) in (None, "") for slot in SLOT.finditer(template)):
        return None
    return SLOT.sub(lambda slot: str(values[slot[1]]).zfill(int(slot[2] or 0)), template)


def objections(
    key: str, template: Any, example: str, names: tuple[str, ...] | None = None
) -> Iterator[Objection]:
    """What is wrong with a template that may name these values; any when not given."""
    if not isinstance(template, str) or not PLACEHOLDER.search(template):
        yield Objection(
            (key,), f"'{key}' names no file for each row", expected=f"a path like '{example}'"
        )
        return
    for inside in PLACEHOLDER.findall(template):
        slot = SLOT.fullmatch(f"{{{inside}}}")
        if slot is None or (names is not None and slot[1] not in names):
            message = f"unknown placeholder '{{{inside}}}'"
            yield Objection((key,), message, expected=f"a path like '{example}'")
    if MAGIC.search(template):
        yield Objection((key,), f"'{template}' is a glob", expected=f"a path like '{example}'")
    if why := leaves(template):
        yield Objection((key,), f"'{template}' is {why}")
