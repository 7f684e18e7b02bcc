"""What README and docs show can be written: steps, evaluations, governance are read as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from curate.governance.facts import names
from curate.governance.gates import Gates
from curate.governance.settings import Governance, Policy
from curate.recipe.vocabulary import Part, vocabulary

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/governance.md")
OF_THE_RECIPE = ("quality.", "bias.flagged_in.")
"""Facts that are named after what a recipe holds."""


def blocks() -> list[Any]:
    told = "\n".join((ROOT / page).read_text() for page in PAGES)
    found = re.findall(r"```yaml\n(.*?)```", told, flags=re.DOTALL)
    return [YAML(typ="safe", pure=True).load(text) for text in found]


def items(value: Any) -> Iterator[tuple[str, Any]]:
    """Every item of a list of words with settings, wherever it stands."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from items(inner)
    elif isinstance(value, list):
        yield from (next(iter(item.items())) for item in value if isinstance(item, dict))


def gates(block: Any) -> Gates:
    """Those of a recipe's `governance`, or of a policy."""
    if "governance" in block:
        return Governance.model_validate(block["governance"]).gates
    return Policy.model_validate(block).gates if "gates" in block else {}


SHOWN = [item for block in blocks() for item in items(block)]
BOUNDED = [name for block in blocks() if isinstance(block, dict) for name in gates(block)]


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


@pytest.mark.parametrize("name", sorted(set(BOUNDED)))
def test_a_gate_is_on_a_fact(name: str) -> None:
    assert name in names() or name.startswith(OF_THE_RECIPE)


def test_there_is_something_of_each_kind() -> None:
    shown = {word for word, _ in SHOWN}
    assert {"csv", "pair", "align", "dedup", "retrieval", "privacy", "consent"} <= shown
    assert {"bias.flagged", "licences.counts"} <= set(BOUNDED)
