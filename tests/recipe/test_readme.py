"""What the README shows can be written: every step and evaluation in it is read as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from curate.recipe.vocabulary import Part, vocabulary

README = (Path(__file__).parents[2] / "README.md").read_text()


def blocks() -> list[Any]:
    found = re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)
    return [YAML(typ="safe", pure=True).load(text) for text in found]


def items(value: Any) -> Iterator[tuple[str, Any]]:
    """Every item of a list of words with settings, wherever it stands."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from items(inner)
    elif isinstance(value, list):
        yield from (next(iter(item.items())) for item in value if isinstance(item, dict))


SHOWN = [item for block in blocks() for item in items(block)]


@pytest.mark.parametrize(
    ("word", "settings"), SHOWN, ids=[f"{w}-{n}" for n, (w, _) in enumerate(SHOWN)]
)
def test_it_is_read(word: str, settings: dict[str, Any]) -> None:
    words = vocabulary()
    known: dict[str, type[Part]] = {**words.sources, **words.steps, **words.evaluations}
    shapes = known[word].shapes()
    fitting = [shape for shape in shapes if len(shapes) == 1 or shape.leads in settings]
    assert len(fitting) == 1
    fitting[0].parse(settings)


def test_there_is_something_of_each_kind() -> None:
    assert {"csv", "pair", "align", "dedup", "retrieval"} <= {word for word, _ in SHOWN}
