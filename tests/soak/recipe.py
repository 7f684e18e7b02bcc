"""A recipe by chance: some of the steps that need no large model, in any order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.soak.data import Drawn

Step = dict[str, Any]


def draw_recipe(chance: random.Random, drawn: Drawn, folder: Path) -> dict[str, Any]:
    """A recipe that is sound; lists that it names lie beside it, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "optout.txt").write_text("example.net\nhttps://example.com/c\n")
    steps = [step for _ in range(chance.randint(1, 5)) for step in [_step(chance, drawn)]]
    split = chance.random() < 0.7
    if split:
        steps.insert(chance.randint(0, len(steps)), _split(chance, drawn))
        if chance.random() < 0.5:
            steps.append(_augment(chance, drawn))
    recipe = {
        "name": "soak",
        "version": chance.choice(["1.0.0", "1.0.0", "draft"]),
        "fields": drawn.fields,
        "sources": drawn.sources,
        "steps": [*drawn.joins, *_each_once(steps)],
    }
    if chance.random() < 0.2:
        recipe["governance"] = {"gates": {"pairs.duplicates_across_splits": {"max": 0}}}
    return recipe


def _each_once(steps: list[Step]) -> Iterator[Step]:
    """A recipe adds the columns of `licence` and the like once; `consent` reads what `strip` takes out."""
    seen: set[str] = set()
    for step in sorted(steps, key=lambda step: "strip" in step.get("privacy", {})):
        (word,) = step
        if word not in {"licence", "consent", "select"} or word not in seen:
            seen.add(word)
            yield step


def _step(chance: random.Random, drawn: Drawn) -> Step:
    return chance.choice([*_common(chance), *_of_fields(chance, drawn)])


def _common(chance: random.Random) -> Iterator[Step]:
    yield {"filter": {"caption.words": {"min": chance.randint(1, 4)}}}
    yield {"filter": {"caption.characters": {"max": chance.choice([40, 500])}}}
    yield {"filter": {"caption.repetition": 0.5}}
    yield {"filter": {"image.min_side": chance.choice([16, 25, 50]), "caption.words": {"min": 1}}}
    yield {"filter": {"image.sharpness": 1.0}}
    yield {"dedup": {"exact": chance.choice(["pair", "caption", "image"])}}
    yield {"dedup": {"exact": "image", "by": "content", "keep": "largest"}}
    yield {"dedup": {"near": chance.choice(["image", "caption"])}}
    yield {"dedup": {"near": ["image", "caption"], "match": chance.choice(["all", "any"])}}
    yield {"privacy": {"text": "caption", "act": chance.choice(["redact", "drop", "flag"])}}
    yield {"privacy": {"strip": "image"}}
    yield {"select": {"share": chance.choice([0.5, 0.9]), "seed": chance.randrange(9)}}
    yield {"select": {"size": chance.randint(2, 8), "by": "image.min_side"}}


def _of_fields(chance: random.Random, drawn: Drawn) -> Iterator[Step]:
    if "speech" in drawn.fields:
        yield {"filter": {"speech.duration": {"min": 0.2}}}
        yield {"filter": {"speech.silence": 0.5, "speech.loudness": -40}}
        yield {"dedup": {"near": "speech"}}
    if "walk" in drawn.fields:
        yield {"filter": {"walk.samples": 20}}
    if "group" in drawn.fields:
        yield {"filter": {"where": "\"group\" <> 'a'"}}
        yield {"select": {"quota": chance.randint(1, 4), "per": ["group"]}}
        yield {"dedup": {"near": "image", "keep": "balanced"}}
    if "licence" in drawn.fields:
        unknown = chance.choice(["drop", "flag", "keep"])
        yield {"licence": {"field": "licence", "allow": ["CC0-1.0", "CC-BY-*"], "unknown": unknown}}
        yield {"consent": {"urls": "url", "lists": ["optout.txt"]}}
        yield {"filter": {"where": "CAST(price AS DOUBLE) > 2"}}


def _split(chance: random.Random, drawn: Drawn) -> Step:
    together = ["near_duplicates", *(["group"] if chance.random() < 0.2 else [])]
    known = [name for name in together if name == "near_duplicates" or name in drawn.fields]
    return {"split": {"train": 0.7, "test": 0.3, "keep_together": known}}


def _augment(chance: random.Random, drawn: Drawn) -> Step:
    ways: list[tuple[str, dict[str, Any]]] = [
        ("image", {"crop": 0.8, "flip": 0.5}),
        ("caption", {"spelling": 0.2}),
    ]
    if "speech" in drawn.fields:
        ways.append(("speech", {"noise": {"min": 10, "max": 30}}))
    if "walk" in drawn.fields:
        ways.append(("walk", {"jitter": 0.05}))
    name, by = chance.choice(ways)
    return {"synthesize": {"augment": name, "into": name, "by": by, "targets": {"at_most": 0.5}}}
