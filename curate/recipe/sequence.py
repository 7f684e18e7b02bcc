"""What steps and evaluations need of one another and of the sources, which no step can see by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.recipe.items import Item
from curate.steps.score import Score
from curate.steps.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curate.evaluation.evaluation import Evaluation
    from curate.recipe.reading import Reading
    from curate.steps.step import Step


def check_steps(
    reading: Reading,
    steps: Sequence[Item[Step]],
    evaluations: Sequence[Item[Evaluation]],
    sources: Sequence[str],
) -> None:
    """One split, scores named once and before they are used, and sources that exist."""
    for extra in [item for item in steps if item.part.word == "split"][1:]:
        reading.at_key(extra.path, "a recipe has one split; this is another")
    _check_sources(reading, steps, sources)
    _check_publishes(reading, steps)
    _check_stripping(reading, steps)
    scores: list[str] = []
    for item in steps:
        _check_takes(reading, item, scores)
        for score in item.part.gives:
            if score in scores:
                hint = "name one of them: `as: another_name`"
                reading.at_key(item.path, f"two steps give the score '{score}'", hint=hint)
            scores.append(score)
    compared = [
        item.part.name
        for item in steps
        if isinstance(item.part, Score) and item.part.scorer is None
    ]
    for judged in evaluations:
        _check_takes(reading, judged, compared)
        _check_fills(reading, judged, [item.part for item in steps])


def _check_stripping(reading: Reading, steps: Sequence[Item[Step]]) -> None:
    """What files reserve stands among what is taken out of them."""
    stripped = False
    for item in steps:
        stripped = stripped or isinstance(item.part, Strip)
        if stripped and item.part.word == "consent":
            message = "'consent' reads what files reserve, and an earlier step has taken that out"
            reading.at_key(item.path, message, hint="put it before `privacy: {strip: …}`")


def check_references(reading: Reading, steps: Sequence[Item[Step]]) -> None:
    """A release that only refers to media can hold none that were made: they lie in no source."""
    for item in steps:
        if item.part.makes_media:
            reading.at_key(
                item.path,
                f"'{item.part.word}' makes files, and this release only refers to files of sources",
                hint="release: {media: embed}",
            )


def _check_publishes(reading: Reading, steps: Sequence[Item[Step]]) -> None:
    """A column of a release has one step that fills it, and no field of its name."""
    fields, taken = reading.document.value.get("fields"), set[str]()
    for item in steps:
        again = next((name for name in item.part.publishes if name in taken), None)
        if again is not None:
            reading.at_key(item.path, f"two steps publish the column '{again}'")
            continue
        for name in item.part.publishes:
            if isinstance(fields, dict) and name in fields:
                message = f"'{name}' cannot name a field: '{item.part.word}' publishes a column so"
                reading.at_key(("fields", name), message, hint="give the field another name")
        taken.update(item.part.publishes)


def _check_sources(reading: Reading, steps: Sequence[Item[Step]], sources: Sequence[str]) -> None:
    for item in steps:
        for name in item.part.speaks_of:
            if name not in sources:
                reading.at_key(
                    item.path,
                    f"there is no source '{name}'{' to pair' if name in item.part.joins else ''}",
                    candidates=sources,
                    written=name,
                    hint="a source's name is its `name`, or its word",
                )


def _check_fills(reading: Reading, judged: Item[Evaluation], steps: Sequence[Step]) -> None:
    labelled = [name for step in steps for name in step.fills]
    for name in judged.part.fills:
        if name not in labelled:
            reading.at_key(
                judged.path,
                f"no step labels '{name}'",
                candidates=labelled,
                written=name,
                expected=None if labelled else f"a `pseudo_label` step with fill: {name}",
            )


def _check_takes(
    reading: Reading, item: Item[Step] | Item[Evaluation], scores: Sequence[str]
) -> None:
    for score in item.part.takes:
        if score not in scores:
            reading.at_key(
                item.path,
                f"no earlier step gives the score '{score}'",
                candidates=scores,
                written=score,
                expected=None if scores else "an `align` step before it",
            )
