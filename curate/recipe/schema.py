"""The JSON Schema of recipes, from which editors complete, explain and check while one types.

It is made from the models that read recipes, so it cannot fall behind them. Draft-07 is what VS
Code's YAML extension checks with; the few newer words that the models' schemas use are put into
its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic.json_schema import models_json_schema
from ruamel.yaml import YAML

from curate.recipe.fields import MODELS, NAME_PATTERN, RESERVED, SUFFIXES
from curate.recipe.outline import Outline
from curate.recipe.vocabulary import Part, Vocabulary, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import BaseModel

Schema: TypeAlias = "dict[str, Any]"


def recipe_schema(words: Vocabulary | None = None) -> Schema:
    """The schema of every recipe that can be written with what is installed."""
    words = words or vocabulary()
    fields, sources, steps = MODELS.values(), words.sources.values(), words.steps.values()
    evaluations = words.evaluations.values()
    shapes: list[type[BaseModel]] = [
        *(shape for part in sources for shape in part.shapes()),
        *(shape for part in steps for shape in part.shapes()),
        *(shape for part in evaluations for shape in part.shapes()),
    ]
    refs, definitions = _schemas([Outline, *fields, *shapes])
    outline = definitions.pop(refs[Outline]["$ref"].rpartition("/")[2])
    properties = outline["properties"]
    properties["fields"] |= _fields([refs[model] for model in fields])
    properties["sources"] |= _items(sources, refs) | {"minItems": 1}
    properties["steps"] |= _items(steps, refs) | {"type": ["array", "null"]}
    properties["evaluate"] |= _items(evaluations, refs) | {"type": ["array", "null"]}
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **outline,
        "title": "curate recipe",
        "definitions": definitions,
    }
    return _as_draft_07(schema)  # type: ignore[no-any-return]


def _schemas(
    models: Sequence[type[BaseModel]],
) -> tuple[Mapping[type[BaseModel], Schema], Schema]:
    """A reference to each model's schema, and all definitions under names that do not clash."""
    made, whole = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/definitions/{model}"
    )
    return {model: made[model, "validation"] for model in models}, whole["$defs"]


def _fields(models: list[Schema]) -> Schema:
    return {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {
            "allOf": [
                {"pattern": NAME_PATTERN},
                {"not": {"enum": sorted(RESERVED)}},
                {"not": {"pattern": f"({'|'.join(SUFFIXES)})$"}},
            ]
        },
        "additionalProperties": {"type": "object", "required": ["type"], "oneOf": models},
        "examples": [{"image": {"type": "image"}, "caption": {"type": "text", "language": "en"}}],
    }


def _items(parts: Iterable[type[Part]], refs: Mapping[Any, Schema]) -> Schema:
    items = [_item(part, shape, refs[shape]) for part in parts for shape in part.shapes()]
    return {"type": "array", "items": {"anyOf": items}}


def _item(part: type[Part], shape: type[Part], settings: Schema) -> Schema:
    """One step or source: a mapping with its word as the only key."""
    return {
        "title": part.word,
        "description": shape.summary,
        "type": "object",
        "properties": {part.word: settings},
        "required": [part.word],
        "additionalProperties": False,
        "examples": [item for text in shape.examples for item in _parse(text)],
    }


def _parse(example: str) -> list[Any]:
    return list(YAML(typ="safe", pure=True).load(example))


def _as_draft_07(node: Any) -> Any:
    """Lists whose places differ are `items` in draft-07 and `prefixItems` later."""
    if isinstance(node, list):
        return [_as_draft_07(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    renamed = {key: _as_draft_07(inner) for key, inner in node.items() if key != "prefixItems"}
    if "prefixItems" in node:
        renamed["items"] = _as_draft_07(node["prefixItems"])
    return renamed
