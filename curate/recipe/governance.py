"""The part `governance` of a recipe: its gates name facts that there are, and its policy is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from curate.governance.facts import names
from curate.governance.settings import Governance, Policy
from curate.pairs.field import group_fields
from curate.recipe.document import read_document
from curate.recipe.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from curate.evaluation.evaluation import Evaluation
    from curate.governance.gates import Gates
    from curate.pairs.field import Fields
    from curate.recipe.document import Keys
    from curate.recipe.items import Item

_BY_FIELD = "bias.flagged_in."
_NAMED_BY = ("quality", "evaluation")
"""Facts called after the recipe's evaluations."""


def check_governance(
    reading: Reading,
    governance: Governance,
    evaluations: Sequence[Item[Evaluation]],
    fields: Fields,
    directory: Path,
) -> None:
    """Complain about gates on facts that no release of this recipe has, and about an audit of fields
    that it has not.
    """
    for objection in governance.audit.check(fields):
        reading.objection(("governance", "audit"), objection)
    words = {item.part.word for item in evaluations}
    _check_gates(reading, ("governance", "gates"), governance.gates, words)
    _check_files(reading, governance, directory)
    groups = group_fields(fields)
    for name in governance.gates:
        field = name.removeprefix(_BY_FIELD)
        if name.startswith(_BY_FIELD) and field not in groups:
            message = f"'{field}' is no metadata field with 'group: true'"
            reading.at_key(
                ("governance", "gates", name), message, candidates=tuple(groups), written=field
            )


def _check_files(reading: Reading, governance: Governance, directory: Path) -> None:
    for key in ("answers", "policy"):
        name = getattr(governance, key)
        if name is not None and not _is_file(directory / name):
            message = f"there is no file '{name}' beside the recipe"
            reading.at_value(("governance", key), message)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def read_policy(path: Path, words: Container[str]) -> Gates:
    """The gates of a policy file; raises `RecipeError` with everything that is wrong there."""
    reading = Reading(*read_document(path))
    try:
        policy = Policy.model_validate(reading.document.value)
    except ValidationError as error:
        reading.invalid((), "the policy", error, Policy.model_json_schema)
        raise reading.complaints.error() from None
    _check_gates(reading, ("gates",), policy.gates, words)
    if len(reading.complaints):
        raise reading.complaints.error()
    return policy.gates


def _check_gates(reading: Reading, path: Keys, gates: Gates, words: Container[str]) -> None:
    for name in gates:
        section, _, rest = name.partition(".")
        if section in _NAMED_BY:
            word = rest.partition(".")[0].partition("-")[0]
            if word not in words:
                message = (
                    f"'{name}' is a fact of the evaluation '{word}', which is not in the recipe"
                )
                reading.at_key((*path, name), message, hint="list it under `evaluate`")
        elif section != "answers" and not name.startswith(_BY_FIELD) and name not in names():
            message = f"'{name}' is not a fact that a release has"
            reading.at_key((*path, name), message, candidates=names(), written=name)
