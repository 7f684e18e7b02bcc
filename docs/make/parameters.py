"""Tables of parameters, from the models that read recipes."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel

from curate.recipe.vocabulary import Part
from curate.steps import registry
from curate.steps.property import PROPERTIES


def parameters(word: str) -> str:
    """The parameters of every form of a step, a table for each."""
    properties = _properties() if word == "filter" else ()
    return "\n\n".join([*forms(registry()[word], 3), *properties])


def forms(part: type[Part], level: int) -> Iterator[str]:
    """What each form of a step, a source or an evaluation says of itself, and its parameters."""
    for form in part.shapes():
        if form.leads:
            yield f"{'#' * level} `{form.leads}`: {form.summary}"
            yield inspect.cleandoc(form.__doc__ or "")
        yield parameters_of(form)


def parameters_of(model: Any) -> str:
    """A model's parameters, nested ones as `minhash.ngram`."""
    return table(("parameter", "what it says"), list(_rows(model)))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _rows(model: type[BaseModel], parent: str = "") -> Iterator[tuple[str, str]]:
    schema = model.model_json_schema()
    for name, field in model.model_fields.items():
        key, nested = field.alias or name, getattr(field.annotation, "model_fields", None)
        of = schema["properties"][key]
        more = "; required" if field.is_required() else "" if nested else _default(of)
        yield f"`{parent}{key}`", f"{field.description or ''}<br>*{_kind(of, schema)}{more}*"
        if nested:
            yield from _rows(field.annotation, f"{parent}{key}.")  # type: ignore[arg-type]


def _default(of: dict[str, Any]) -> str:
    value = of.get("default")
    return "" if value in (None, [], {}) else f"; by default `{json.dumps(value)}`"


def _kind(of: dict[str, Any], schema: dict[str, Any]) -> str:
    """What a JSON Schema says may stand there, in words."""
    if "$ref" in of:
        return _kind(schema["$defs"][of["$ref"].rpartition("/")[2]], schema)
    if "enum" in of or "const" in of:
        return " ".join(f"`{value}`" for value in of.get("enum", [of.get("const")]))
    if "anyOf" in of:
        said = [_kind(part, schema) for part in of["anyOf"] if part.get("type") != "null"]
        return " or ".join(dict.fromkeys(said))
    if of.get("type") == "array":
        return f"list of {_kind(of.get('items', {}), schema)}"
    return _WORDS.get(of.get("type", ""), "see there")


_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "mapping",
}


def _properties() -> Iterator[str]:
    """What `filter` bounds, for every kind of field."""
    for modality, properties in PROPERTIES.items():
        rows = [
            (f"`{name}`", of.meaning + _BARE.get(of.bare or "", ""))
            for name, of in properties.items()
        ]
        yield f"### Of {modality} fields\n\n{table(('property', 'what it says'), rows)}"


_BARE = {"min": "; a plain number: at least", "max": "; a plain number: at most"}
