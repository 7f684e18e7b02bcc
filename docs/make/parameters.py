"""Tables of a step's parameters, from its model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel

from curate.steps import registry
from curate.steps.step import Step


def parameters(word: str) -> str:
    """The parameters of every form of a step, a table for each."""
    step = registry()[word]
    return "\n\n".join(_form(step, form) for form in step.shapes())


def _form(step: type[Step], form: type[Step]) -> str:
    title = f"### `{form.leads}`: {form.summary}\n\n" if step.forms else ""
    rows = [_row(*found) for found in _parameters(form)]
    return title + table(("parameter", "values", "default", "what it says"), rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _row(name: str, kind: str, default: str, said: str) -> tuple[str, ...]:
    return f"`{name}`", kind, default, said


def _parameters(model: type[BaseModel], parent: str = "") -> Iterator[tuple[str, str, str, str]]:
    schema = model.model_json_schema(mode="validation")
    for name, field in model.model_fields.items():
        key = field.alias or name
        nested: Any = field.annotation if hasattr(field.annotation, "model_fields") else None
        of = schema["properties"][key]
        default = "required" if field.is_required() else _default(of.get("default"))
        yield parent + key, kind(of, schema), default, field.description or ""
        if nested is not None:
            yield from _parameters(nested, f"{parent}{key}.")


def _default(value: Any) -> str:
    return "" if value in (None, [], {}) else f"`{json.dumps(value)}`"


def kind(of: dict[str, Any], schema: dict[str, Any]) -> str:
    """What a JSON Schema says may stand there, in words."""
    if "$ref" in of:
        return kind(schema["$defs"][of["$ref"].rpartition("/")[2]], schema)
    if "enum" in of or "const" in of:
        return " ".join(f"`{value}`" for value in of.get("enum", [of.get("const")]))
    if "anyOf" in of:
        said = [kind(part, schema) for part in of["anyOf"] if part.get("type") != "null"]
        return " or ".join(dict.fromkeys(said))
    if of.get("type") == "array":
        return f"list of {kind(of.get('items', {}), schema)}"
    return _WORDS.get(of.get("type", ""), "anything")


_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "mapping",
}
