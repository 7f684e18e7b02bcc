"""Shapes of settings in the JSON Schema that validators let through besides their type."""

from __future__ import annotations

from typing import Any


def one_or_many(schema: dict[str, Any]) -> None:
    """A list of texts, or one text for a list of one."""
    kinds = {key: schema.pop(key) for key in ("type", "items", "minItems") if key in schema}
    schema["anyOf"] = [{"type": "string"}, kinds]
