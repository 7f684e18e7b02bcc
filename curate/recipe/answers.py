"""The file with what only people can say: read, and complained about where it was written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from curate.governance.answers import Answer, statements
from curate.governance.questionnaire import HEAD, questionnaire
from curate.governance.questions import QUESTIONS
from curate.recipe.document import read_document
from curate.recipe.reading import Reading
from curate.recipe.wording import describe

if TYPE_CHECKING:
    from curate.governance.statement import Statement


def read_answers(path: Path) -> dict[str, Statement[str]]:
    """Question -> what was said; raises `RecipeError` with everything that is wrong there.

    An answer is a text, or `{value, by, at}`, or `{not_applicable, by, at}`; a key with nothing
    behind it is a question that nobody has answered yet.
    """
    reading = Reading(*read_document(path))
    found = {key: _answer(reading, key, value) for key, value in reading.document.value.items()}
    if len(reading.complaints):
        raise reading.complaints.error()
    return statements({key: answer for key, answer in found.items() if answer is not None})


def _answer(reading: Reading, key: str, value: Any) -> Answer | None:
    if key not in QUESTIONS:
        message = f"'{key}' is no question that a release asks"
        reading.at_key((key,), message, candidates=QUESTIONS, written=key)
        return None
    if value is None:
        return None
    if isinstance(value, dict):
        return _told(reading, key, value)
    if isinstance(value, str):
        return Answer(value=value) if value.strip() else None
    reading.at_value(
        (key,), f"'{key}' must be a text, not {describe(value)}", hint="put it in quotes"
    )
    return None


def _told(reading: Reading, key: str, value: dict[str, Any]) -> Answer | None:
    try:
        return Answer.model_validate(value)
    except ValidationError as error:
        reading.invalid((key,), f"'{key}'", error, Answer.model_json_schema)
        return None


@dataclass(frozen=True)
class Asked:
    """Where questions were written, and how many."""

    path: Path
    added: int
    named: bool
    """Whether the recipe names the file."""


def ask(recipe: Path) -> Asked:
    """Add the questions that a recipe's file of answers lacks, at its end.

    The recipe need not be right yet; without `governance: {answers: …}` the file is called after it.
    """
    governance = read_document(recipe)[0].value.get("governance")
    named = governance.get("answers") if isinstance(governance, dict) else None
    path = recipe.parent / (named if isinstance(named, str) else f"{recipe.stem}.answers.yaml")
    there = path.exists()
    known = list(read_document(path)[0].value) if there else []
    more = questionnaire(known)
    if more:
        written = path.read_text(encoding="utf-8") if there else HEAD
        path.write_text(written.rstrip("\n") + "\n" + more, encoding="utf-8")
    return Asked(path, len(QUESTIONS.keys() - set(known)), isinstance(named, str))
