"""The published schema says what the parser says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from curate.recipe import recipe_schema
from curate.recipe.vocabulary import vocabulary

REPOSITORY = Path(__file__).parents[2]
WRONG = Path(__file__).parent / "wrong"
SCHEMA = recipe_schema()
EXAMPLES = [
    (key, text)
    for key, classes in (("sources", vocabulary().sources), ("steps", vocabulary().steps))
    for part in classes.values()
    for text in part.examples
]


def load(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def recipe(**parts: Any) -> dict[str, Any]:
    fields = {"image": {"type": "image"}, "caption": {"type": "text", "language": "en"}}
    sources = [{"folder": {"path": "photos", "image": "*.png", "caption": "{stem}.txt"}}]
    return {"name": "birds", "version": "1.0.0", "fields": fields, "sources": sources} | parts


def is_valid(value: Any) -> bool:
    return Draft7Validator(SCHEMA).is_valid(value)


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "recipes").glob("*.yaml")), ids=lambda p: p.name
)
def test_shipped_recipes_are_valid(path: Path) -> None:
    Draft7Validator(SCHEMA).validate(load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("key", "text"), EXAMPLES)
def test_examples_are_valid(key: str, text: str) -> None:
    Draft7Validator(SCHEMA).validate(recipe(**{key: load(text)}))


@pytest.mark.parametrize(
    "parts",
    [
        {"naem": "birds"},
        {"name": "Birds"},
        {"version": "1.0"},
        {"version": 1.0},
        {"seed": -1},
        {"seed": "three"},
        {"release": {"media": "embedded"}},
        {"fields": {}},
        {"fields": {"image": {"type": "picture"}}},
        {"fields": {"image": {"type": "image", "language": "en"}}},
        {"fields": {"Image": {"type": "image"}}},
        {"fields": {"pair_id": {"type": "text"}}},
        {"fields": {"image_path": {"type": "text"}}},
        {"sources": []},
        {"sources": [{"foldr": {"path": "photos"}}]},
        {"sources": [{"folder": {"image": "*.png"}}]},
        {"sources": [{"folder": {"path": "a"}, "csv": {"path": "a"}}]},
        {"steps": [{"dedupe": {"exact": "pair"}}]},
        {"steps": [{"dedup": {"exactly": "pair"}}]},
        {"steps": [{"dedup": {"near": "image", "likeness": 2}}]},
        {"steps": [{"filter": {"image.min_sid": 64}}]},
        {"steps": ["dedup"]},
        {"steps": {"dedup": {"exact": "pair"}}},
    ],
)
def test_wrong_recipes_are_not_valid(parts: dict[str, Any]) -> None:
    assert is_valid(recipe())
    assert not is_valid(recipe(**parts))


@pytest.mark.parametrize("key", ["name", "version", "fields", "sources"])
def test_required_keys(key: str) -> None:
    written = recipe()
    del written[key]
    assert not is_valid(written)


def test_every_word_and_setting_is_explained() -> None:
    for key in ("sources", "steps"):
        for item in SCHEMA["properties"][key]["items"]["anyOf"]:
            assert item["title"]
            assert item["description"]
            assert item["examples"]
    bare = [
        f"{name}.{key}"
        for name, model in SCHEMA["definitions"].items()
        for key, setting in model.get("properties", {}).items()
        if "description" not in setting and "const" not in setting
    ]
    assert bare == []


def test_references_lead_somewhere() -> None:
    for reference in references(SCHEMA):
        assert reference.startswith("#/definitions/")
        assert reference.rpartition("/")[2] in SCHEMA["definitions"]


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for inner in node.values() for found in references(inner)]
    if isinstance(node, list):
        return [found for inner in node for found in references(inner)]
    return []


def test_recipes_that_are_told_off_for_their_keys_are_not_valid() -> None:
    for name in ("misspelt-keys", "unknown-step", "field-names", "dedup-ranges", "wrong-types"):
        assert not is_valid(load((WRONG / f"{name}.yaml").read_text(encoding="utf-8")))
