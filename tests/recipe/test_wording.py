"""What a step's model finds wrong, in words; with a step that uses every shape there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import pytest
from inline_snapshot import snapshot
from pydantic import BaseModel, ConfigDict, Field, model_validator

from curate.errors import RecipeError
from curate.recipe import read_recipe, recipe_schema
from curate.recipe.vocabulary import Vocabulary
from curate.sources import registry
from curate.steps.step import Step

if TYPE_CHECKING:
    from pathlib import Path


class Range(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    min: float | None = None
    max: float = 1

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if self.min is not None and self.min > self.max:
            raise ValueError("'min' must not be more than 'max'")
        return self


class Judge(Step):
    word: ClassVar[str] = "judge"
    summary: ClassVar[str] = "a step that uses every shape"
    examples: ClassVar[tuple[str, ...]] = ("- judge: {words: 3}",)

    words: int | Range | None = None
    level: Literal[1, 2, 3] = 1
    how: Literal["mean", "least"] | Range = "mean"
    fields: tuple[str, str] | None = None
    names: list[Annotated[str, Field(min_length=2)]] = Field([], max_length=2)
    groups: dict[str, Range] = {}
    rounds: list[Range] = []
    code: str = Field("a", pattern="^[a-z]$")
    even: int = Field(2, multiple_of=2)
    model: str = "embedded"

    @classmethod
    def parse(cls, value: Any) -> Step:
        """A plain number stands for `words`."""
        return cls.model_validate({"words": value} if isinstance(value, int | str) else value)


WORDS = Vocabulary(registry(), {"judge": Judge}, {})
RECIPE = """\
name: birds
version: draft
fields:
  image: {type: image}
sources:
  - folder: {path: photos, image: "*.png"}
steps:
  - judge: """


def told(tmp_path: Path, settings: str) -> list[tuple[object, ...]]:
    path = tmp_path / "birds.yaml"
    path.write_text(RECIPE + settings, encoding="utf-8")
    try:
        read_recipe(path, WORDS)
    except RecipeError as error:
        keys = ("column", "message", "expected", "suggestion", "hint")
        return [tuple(one[key] for key in keys if one[key]) for one in error.complaints]
    return []


@pytest.mark.parametrize(
    "settings",
    [
        "{words: 3, how: {min: 0}, fields: [a, b], groups: {a: {max: 2}}, rounds: [{min: 0}]}",
        "{how: least, level: 3, names: [ab], even: 4}",
        "{}",
        "",
        "7",
    ],
)
def test_what_is_right(tmp_path: Path, settings: str) -> None:
    assert told(tmp_path, settings) == []


def test_several_shapes(tmp_path: Path) -> None:
    assert told(tmp_path, "{words: [3]}") == snapshot(
        [(20, "'words' must be a whole number or a mapping of keys to values, not a list")]
    )
    assert told(tmp_path, "{words: {mn: 3}}") == snapshot(
        [(21, "unknown key 'mn' in 'words'", "one of: min, max", "min")]
    )
    assert told(tmp_path, "{words: {min: x}}") == snapshot(
        [(26, "'min' must be a number, not the text 'x'")]
    )
    assert told(tmp_path, "{words: {min: 3, max: 2}}") == snapshot(
        [(20, "'min' must not be more than 'max'")]
    )
    assert told(tmp_path, "{how: leest}") == snapshot(
        [
            (
                18,
                "'how' cannot be the text 'leest'",
                "one of: mean, least; or a mapping of keys to values",
                "least",
            )
        ]
    )
    assert told(tmp_path, "{how: {mx: 1}}") == snapshot(
        [(19, "unknown key 'mx' in 'how'", "one of: min, max", "max")]
    )
    assert told(tmp_path, "many") == snapshot(
        [(12, "'judge' must be a whole number or a mapping of keys to values, not the text 'many'")]
    )


def test_choices_and_lengths(tmp_path: Path) -> None:
    assert told(tmp_path, "{level: 4}") == snapshot(
        [(20, "'level' cannot be 4", "one of: 1, 2, 3")]
    )
    assert told(tmp_path, "{fields: [a]}") == snapshot([(21, "item 2 of 'fields' is missing")])
    assert told(tmp_path, "{fields: [a, b, c]}") == snapshot(
        [(21, "'fields' must have at most 2 entries")]
    )
    assert told(tmp_path, "{fields: [a, 3]}") == snapshot(
        [(25, "item 2 of 'fields' must be text, not 3", 'write it in quotes: "3"')]
    )
    assert told(tmp_path, "{names: [a, b, c]}") == snapshot(
        [(20, "'names' must have at most 2 entries")]
    )
    assert told(tmp_path, "{names: [abc, a]}") == snapshot(
        [(26, "item 2 of 'names' must have at least 2 characters")]
    )
    assert told(tmp_path, "{code: ABC}") == snapshot(
        [(19, "'code' cannot be the text 'ABC'", "text that matches ^[a-z]$")]
    )
    assert told(tmp_path, "{even: 3}") == snapshot([(19, "'even' must be a multiple of 2, not 3")])


def test_deep_places(tmp_path: Path) -> None:
    assert told(tmp_path, "{groups: {a: {mni: 3}}}") == snapshot(
        [(26, "unknown key 'mni' in 'a'", "one of: min, max", "min")]
    )
    assert told(tmp_path, "{groups: [a]}") == snapshot(
        [(21, "'groups' must be a mapping of keys to values, not a list")]
    )
    assert told(tmp_path, "{rounds: [{min: 0}, {max: big}, 3]}") == snapshot(
        [
            (38, "'max' must be a number, not the text 'big'"),
            (
                44,
                "item 3 of 'rounds' must be a mapping of keys to values, not 3",
                "its keys: min, max",
            ),
        ]
    )


def test_variables_in_model_references(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CURATE_NOT_SET", raising=False)
    assert told(tmp_path, '{model: "${CURATE_NOT_SET}"}') == []
    assert told(tmp_path, '{model: "file:${CURATE_NOT_SET}/m.onnx"}') == snapshot(
        [
            (
                26,
                "the environment variable CURATE_NOT_SET is not set",
                "set it first: export CURATE_NOT_SET=...",
            )
        ]
    )


def test_tuples_are_lists_with_places_in_the_schema() -> None:
    judge = recipe_schema(WORDS)["definitions"]["Judge"]
    places = judge["properties"]["fields"]["anyOf"][0]
    assert places["items"] == [{"type": "string"}, {"type": "string"}]
    assert "prefixItems" not in places
