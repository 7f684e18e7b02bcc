"""The recipe: what a build is told, read and validated whole before anything is done.

    read_recipe(path) -> Recipe          or RecipeError, with every complaint at once

A `Recipe` is frozen and holds only what was written, with defaults filled in; it opens no data.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from curate.governance.answers import statements
from curate.pairs.field import optional
from curate.recipe.answers import read_answers
from curate.recipe.document import read_document
from curate.recipe.fields import read_fields
from curate.recipe.governance import check_governance, read_policy
from curate.recipe.items import (
    Item,
    check_items,
    evaluate_section,
    read_items,
    sources_section,
    steps_section,
)
from curate.recipe.outline import Outline, ReleaseKeys, Resources
from curate.recipe.reading import Reading
from curate.recipe.sequence import check_references, check_steps
from curate.recipe.vocabulary import Vocabulary, vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curate.evaluation.evaluation import Evaluation
    from curate.governance.gates import Bound, Gates
    from curate.governance.settings import Governance
    from curate.governance.statement import Statement
    from curate.pairs.field import Fields
    from curate.sources.source import Source
    from curate.steps.step import Step


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A validated recipe."""

    path: Path
    text: str
    """The recipe as written."""
    name: str
    version: str
    description: str | None
    fields: Fields
    sources: tuple[Source, ...]
    """Each has a `name` of its own."""
    steps: tuple[Step, ...]
    evaluations: tuple[Evaluation, ...]
    release: ReleaseKeys
    governance: Governance
    policy: Gates
    """Gates of the file that the recipe names as its policy."""
    answers: dict[str, Statement[str]]
    """What people said, by question; of those that nobody answered, who should."""
    resources: dict[str, Resources]
    """By measure; how a build is run, never what it makes."""
    seed: int

    @property
    def directory(self) -> Path:
        """What paths in the recipe are relative to."""
        return self.path.parent

    @property
    def gates(self) -> list[tuple[str, Bound]]:
        """Its own gates and its policy's; where both bound a fact, both hold."""
        return [*self.governance.gates.items(), *self.policy.items()]

    @property
    def joined(self) -> frozenset[str]:
        """Names of the sources whose rows are only parts of pairs."""
        return frozenset(name for step in self.steps for name in step.joins)

    def fields_of(self, source: Source) -> Fields:
        """The fields as a source must fill them."""
        return _needed(self.fields, str(source.name), self.steps)

    @property
    def workspace(self) -> Path:
        return workspace_of(self.path)


def _needed(fields: Fields, source: str, steps: Sequence[Step]) -> Fields:
    """Rows that a step joins lack what others have, and what a step fills may be missing."""
    if any(source in step.joins for step in steps):
        return optional(fields)
    return optional(fields, {name for step in steps for name in step.fills})


def workspace_of(recipe_path: Path) -> Path:
    """Where releases and the store lie: beside the `recipes` that the recipe is in, if it is."""
    directory = recipe_path.absolute().parent
    return directory.parent if directory.name == "recipes" else directory


def read_recipe(
    path: Path | str, words: Vocabulary | None = None, *, alone: bool = False
) -> Recipe:
    """Read and validate a recipe; raises `RecipeError` with everything that is wrong.

    Of a recipe that stands `alone`, as in a release, the answers and the policy that it names are not
    read.
    """
    path = Path(path)
    reading = Reading(*read_document(path))
    words = words or vocabulary()
    outline = _read_outline(reading)
    if outline is not None and alone:
        nothing = outline.governance.model_copy(update={"answers": None, "policy": None})
        outline = outline.model_copy(update={"governance": nothing})
    fields, certain = read_fields(reading)
    sources = read_items(reading, sources_section(words.sources))
    steps = read_items(reading, steps_section(words.steps))
    evaluations = read_items(reading, evaluate_section(words.evaluations))
    _check_sources(reading, sources, fields)
    named = _named([item.part for item in sources])
    check_steps(reading, steps, evaluations, [str(source.name) for source in named])
    if outline is not None and outline.release.media == "reference":
        check_references(reading, steps)
    if certain:
        parts = [item.part for item in steps]
        for item, source in zip(sources, named, strict=True):
            check_items(reading, [item], _needed(fields, str(source.name), parts))
        check_items(reading, steps, fields)
        check_items(reading, evaluations, fields)
    if outline is not None:
        check_governance(reading, outline.governance, evaluations, fields, path.parent)
    if outline is None or len(reading.complaints):
        raise reading.complaints.error()
    return Recipe(
        path=path,
        text=reading.document.page.text,
        name=outline.name,
        version=outline.version,
        description=outline.description,
        fields=fields,
        sources=named,
        steps=tuple(item.part for item in steps),
        evaluations=tuple(item.part for item in evaluations),
        release=outline.release,
        governance=outline.governance,
        policy=_policy(path, outline.governance, {item.part.word for item in evaluations}),
        answers=_answers(path, outline.governance),
        resources=outline.resources,
        seed=outline.seed,
    )


def _policy(path: Path, governance: Governance, words: set[str]) -> Gates:
    return read_policy(path.parent / governance.policy, words) if governance.policy else {}


def _answers(path: Path, governance: Governance) -> dict[str, Statement[str]]:
    return read_answers(path.parent / governance.answers) if governance.answers else statements({})


def _read_outline(reading: Reading) -> Outline | None:
    try:
        return Outline.model_validate(reading.document.value)
    except ValidationError as error:
        reading.invalid((), "the recipe", error, Outline.model_json_schema)
        return None


def _check_sources(reading: Reading, items: list[Item[Source]], fields: Fields) -> None:
    if reading.document.value.get("sources", ()) in (None, []):
        reading.at_key(("sources",), "a recipe needs at least one source")
    taken: dict[str, Item[Source]] = {}
    for item in items:
        _check_field_names(reading, item, fields)
        name = item.part.name
        if name in taken:
            message = f"two sources have the name '{name}'"
            reading.at_value((*item.path, "name"), message, hint="give each a name of its own")
        elif name is not None:
            taken[name] = item


def _check_field_names(reading: Reading, item: Item[Source], fields: Fields) -> None:
    """A source's settings and its fields share one mapping, so no field may take their names."""
    settings = type(item.part).model_fields
    for field in fields:
        if field in settings:
            word = item.part.word
            message = (
                f"'{field}' cannot name a field: the source '{word}' has a setting of that name"
            )
            reading.at_key(("fields", field), message)


def _named(sources: list[Source]) -> tuple[Source, ...]:
    """The sources, each with a name: its own, or its word, numbered where that is taken."""
    taken = {source.name for source in sources}
    named = []
    for source in sources:
        name = source.name or _free(source.word, taken)
        taken.add(name)
        named.append(source.model_copy(update={"name": name}))
    return tuple(named)


def _free(word: str, taken: set[Any]) -> str:
    name, number = word, 1
    while name in taken:
        number += 1
        name = f"{word}-{number}"
    return name
