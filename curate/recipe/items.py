"""The parts `sources`, `steps` and `evaluate` of a recipe: lists of items with one key each, their word.

An item whose settings are wrong is read again without the wrong ones, so that what remains is
checked against the fields in the same round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import ValidationError

from curate.recipe.complaint import nearest
from curate.recipe.environment import Unknown, expand_source, expand_step
from curate.recipe.extras import is_installed
from curate.recipe.vocabulary import Part
from curate.recipe.wording import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from curate.pairs.field import Fields
    from curate.recipe.document import Keys
    from curate.recipe.reading import Reading
    from curate.steps.step import Objection

P = TypeVar("P", bound=Part)


@dataclass(frozen=True)
class Section(Generic[P]):
    """One of the lists: its key, what its items are called and the words it knows."""

    key: str
    noun: str
    classes: Mapping[str, type[P]]
    expand: Callable[[Any], tuple[Any, list[Unknown]]]


@dataclass(frozen=True)
class Item(Generic[P]):
    """One item that could be read, and where it stands."""

    path: Keys
    part: P
    whole: bool = True
    """Whether all its settings could be read."""


def sources_section(classes: Mapping[str, type[P]]) -> Section[P]:
    return Section("sources", "source", classes, expand_source)


def steps_section(classes: Mapping[str, type[P]]) -> Section[P]:
    return Section("steps", "step", classes, expand_step)


def evaluate_section(classes: Mapping[str, type[P]]) -> Section[P]:
    return Section("evaluate", "evaluation", classes, expand_step)


def read_items(reading: Reading, section: Section[P]) -> list[Item[P]]:
    """The items of a section, in order; what cannot be read is left out and complained about."""
    written = reading.document.value.get(section.key)
    if written is None:
        return []
    if not isinstance(written, list):
        message = f"'{section.key}' must be a list, not {describe(written)}"
        hint = f"begin each {section.noun} with '- ', as in '- {_example(section)}'"
        reading.at_value((section.key,), message, hint=hint)
        return []
    paths = (_word_path(reading, section, index) for index in range(len(written)))
    return [item for path in paths if path for item in _read_item(reading, section, path)]


def check_items(reading: Reading, items: list[Item[P]], fields: Fields) -> None:
    """Complain about what does not fit the recipe's fields or is not installed."""
    for item in items:
        _object(reading, item, list(item.part.check(fields)))
        for extra in item.part.extras:
            if not is_installed(extra):
                message = f"'{item.part.word}' needs a part of curate that is not installed"
                reading.at_key(item.path, message, hint=f"pip install 'curate[{extra}]'")


def _object(reading: Reading, item: Item[P], objections: list[Objection]) -> None:
    """What an item lacks as a whole may be the very setting that is mistyped or cannot be read."""
    told = [reading.objection(item.path, one) for one in objections if one.path]
    if item.whole and not any(complaint.suggestion for complaint in told):
        for objection in objections:
            if not objection.path:
                reading.objection(item.path, objection)


def _example(section: Section[P], word: str | None = None) -> str:
    """An item as it should be written, of a certain word or of the first there is."""
    parts = [section.classes[word]] if word else section.classes.values()
    examples = (text for part in parts for text in part.examples)
    return next(examples, f"{word or section.noun}: {{}}").strip().removeprefix("- ")


def _word_path(reading: Reading, section: Section[P], index: int) -> Keys | None:
    """Where the item's word stands, if it has one and it is known."""
    path: Keys = (section.key, index)
    item = reading.document.get(path)
    if not isinstance(item, dict):
        _complain_about_shape(reading, section, path, item)
        return None
    known = [word for word in item if word in section.classes]
    if len(item) == 1 and known:
        return (*path, known[0])
    if len(item) == 1:
        word = next(iter(item))
        message = f"unknown {section.noun} '{word}'"
        reading.at_key((*path, word), message, candidates=section.classes, written=word)
    else:
        _complain_about_words(reading, section, path, list(item))
    return None


def _complain_about_shape(reading: Reading, section: Section[P], path: Keys, item: Any) -> None:
    message = f"a {section.noun} is a word and its settings, not {describe(item)}"
    if isinstance(item, str) and item in section.classes:
        reading.at_value(path, message, hint=f"for example '{_example(section, item)}'")
    elif isinstance(item, str):
        reading.at_value(path, message, candidates=section.classes, written=item)
    else:
        reading.at_value(path, message, hint=f"for example '{_example(section)}'")


def _complain_about_words(
    reading: Reading, section: Section[P], path: Keys, words: list[str]
) -> None:
    if not words:
        message = f"this {section.noun} is empty"
        reading.at_value(path, message, hint=f"for example '{_example(section)}'")
        return
    first, second = words[:2]
    message = f"a {section.noun} has one word; here are {len(words)}: {', '.join(words)}"
    if second in section.classes:
        hint = f"begin each {section.noun} with '- '"
    else:
        hint = f"indent '{second}' further than '{first}', if it is a setting of '{first}'"
    reading.at_key((*path, second), message, hint=hint)


def _read_item(reading: Reading, section: Section[P], path: Keys) -> Iterator[Item[P]]:
    written = reading.document.get(path)
    part = _shape(reading, section.classes[str(path[-1])], path, written)
    if part is None:
        return
    value, unknown = section.expand({} if written is None else written)
    for variable in unknown:
        reading.unknown_variable(path, variable)
    try:
        yield Item(path, part.parse(value))
    except ValidationError as error:
        reading.invalid(path, f"'{part.word}'", error, part.model_json_schema)
        yield from (Item(path, rest, whole=False) for rest in _without_wrong(part, value, error))


def _shape(reading: Reading, part: type[P], path: Keys, written: Any) -> type[P] | None:
    """Of several classes with one word, the one whose leading key is there."""
    shapes = part.shapes()
    if len(shapes) == 1:
        return shapes[0]
    keys = [key for key in written if isinstance(key, str)] if isinstance(written, dict) else []
    leads = {shape.leads: shape for shape in shapes}
    found = [leads[key] for key in keys if key in leads]
    if len(found) == 1:
        return found[0]
    slip = next((key for key in keys if nearest(key, leads)), None)
    if found:
        message = f"'{part.word}' does one thing at a time, not {' and '.join(shape.leads for shape in found)}"
        reading.at_key(path, message, expected="one step for each")
    elif slip is not None:
        message = f"unknown key '{slip}' in '{part.word}'"
        reading.at_key((*path, slip), message, candidates=leads, written=slip)
    else:
        message = f"'{part.word}' does not say what to do"
        reading.at_key(path, message, expected="one of its leading keys", candidates=leads)
    return None


def _without_wrong(part: type[P], value: Any, error: ValidationError) -> Iterator[P]:
    """The part as it would be without the settings that are wrong, if that can be."""
    if not isinstance(value, dict):
        return
    wrong = {one["loc"][0] for one in error.errors(include_url=False) if one["loc"]}
    if wrong & value.keys():
        try:
            yield part.parse({key: inner for key, inner in value.items() if key not in wrong})
        except ValidationError:
            return
