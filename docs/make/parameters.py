"""Tables of a step's parameters, from its model."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel

from curate.steps import registry
from curate.steps.property import PROPERTIES
from curate.steps.step import Step


def parameters(word: str) -> str:
    """The parameters of every form of a step, a table for each."""
    step = registry()[word]
    forms = [_form(step, form) for form in step.shapes()]
    return "\n\n".join([*forms, *(_properties() if word == "filter" else ())])


def _properties() -> Iterator[str]:
    """What `filter` bounds, for every kind of field."""
    for modality, properties in PROPERTIES.items():
        rows = [(f"`{name}`", f"{of.meaning}{_BARE.get(of.bare or '', '')}") for name, of in properties.items()]
        yield f"### Of {modality} fields\n\n{table(('property', 'what it says'), rows)}"


_BARE = {"min": "; a plain number: at least", "max": "; a plain number: at most"}


def _form(step: type[Step], form: type[Step]) -> str:
    title = f"### `{form.leads}`: {form.summary}\n\n" if step.forms else ""
    doc = inspect.cleandoc(form.__doc__ or "") + "\n\n" if step.forms else ""
    rows = [_row(*found) for found in _parameters(form)]
    return title + doc + table(("parameter", "what it says"), rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _row(name: str, kind: str, default: str, said: str) -> tuple[str, str]:
    more = f"; {default}" if default else ""
    return f"`{name}`", f"{said}<br>*{kind}{more}*"


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
    return "" if value in (None, [], {}) else f"`{json.dumps(value)}` by default"


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
