"""Lists that are one JSON document: COCO's and VQA's."""

from __future__ import annotations

import json
from typing import Any

from curate.sources.sheet import Sheet, read_utf8


def read_document(sheet: Sheet) -> Any:
    """The whole document; one that is no JSON ends the build, with the place."""
    try:
        return json.loads(read_utf8(sheet))
    except json.JSONDecodeError as error:
        raise sheet.fail(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise sheet.fail(str(error)) from None


def objects(sheet: Sheet, document: Any, key: str) -> list[dict[str, Any]]:
    """The objects of the list that stands behind a key."""
    if not isinstance(document, dict) or key not in document:
        there = ", ".join(list(document)[:20]) if isinstance(document, dict) else ""
        raise sheet.fail(f"has no '{key}'", f"its keys are: {there}" if there else None)
    return all_objects(sheet, document[key], key)


def all_objects(sheet: Sheet, values: Any, key: str) -> list[dict[str, Any]]:
    """A list of nothing but objects, as it is."""
    if not isinstance(values, list):
        raise sheet.fail(f"'{key}' is no list")
    strange = next((at for at, each in enumerate(values) if not isinstance(each, dict)), None)
    if strange is not None:
        raise sheet.fail(f"'{key}' number {strange} is no object in braces")
    return values


def by_id(sheet: Sheet, values: list[dict[str, Any]], key: str) -> dict[Any, dict[str, Any]]:
    """Objects by the number or text behind a key, which no two may share."""
    found: dict[Any, dict[str, Any]] = {}
    for at, each in enumerate(values):
        name = identifier(each.get(key))
        if name is None:
            raise sheet.fail(f"number {at} has no '{key}'")
        if name in found:
            raise sheet.fail(f"the '{key}' {name} is there twice")
        found[name] = each
    return found


def identifier(value: Any) -> int | str | None:
    """A value that can name something, else null."""
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None
