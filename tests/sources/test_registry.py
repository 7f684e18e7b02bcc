"""The table of sources: built-in words, other packages' words, examples that hold."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest
from ruamel.yaml import YAML

import curate.sources
from curate.errors import CurateError
from curate.sources import BUILT_IN, registry
from curate.sources.source import Source


class Clock(Source):
    word = "clock"


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    points: list[EntryPoint] = []
    monkeypatch.setattr(curate.sources, "entry_points", lambda group: points)
    registry.cache_clear()
    yield points
    registry.cache_clear()


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, "curate.sources")


def test_every_word_is_its_class_word() -> None:
    assert {word: source.word for word, source in registry().items()} == {
        word: word for word in registry()
    }
    assert list(registry())[: len(BUILT_IN)] == list(BUILT_IN)


def test_examples_and_summaries() -> None:
    for word, source in registry().items():
        assert source.summary.endswith(".")
        assert source.examples
        for example in source.examples:
            ((name, keys),) = YAML(typ="safe").load(example)[0].items()
            assert name == word
            assert source.parse(keys).bindings
        for key in source.model_fields.values():
            assert key.description


def test_schema_names_parameters_and_leaves_room_for_fields() -> None:
    for source in registry().values():
        schema = source.model_json_schema()
        assert {"name", "max_unreadable"} <= set(schema["properties"])
        assert "string" in schema["additionalProperties"]["type"]


def test_a_plugin(plugins: list[EntryPoint]) -> None:
    plugins.append(point("clock", f"{__name__}:Clock"))
    assert registry()["clock"].word == "clock"


def test_a_word_taken_twice(plugins: list[EntryPoint]) -> None:
    plugins.append(point("csv", f"{__name__}:Clock"))
    with pytest.raises(CurateError, match="two packages offer the source 'csv': curate and"):
        registry()


@pytest.mark.parametrize("value", ["no.such.module:X", f"{__name__}:point"])
def test_a_broken_plugin_warns(value: str, plugins: list[EntryPoint]) -> None:
    plugins.append(point("clock", value))
    with pytest.warns(UserWarning, match="the source 'clock' of .* is (broken|no Source class)"):
        assert set(registry()) == set(BUILT_IN)


def test_parsing_recipes_stays_light() -> None:
    code = (
        "import sys; from curate.sources import registry; registry();"
        "heavy = {'polars', 'pyarrow', 'PIL', 'soundfile', 'datasets', 'numpy', 'emoji'};"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
