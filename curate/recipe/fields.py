"""The part `fields` of a recipe.

A field that is wrong somewhere still has a name and mostly a type: it is read as far as it can
be, so that sources and steps can be checked against it in the same round.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError

from curate.pairs.field import (
    AudioField,
    Field,
    Fields,
    ImageField,
    MetadataField,
    SensorField,
    TextField,
    VideoField,
    content_fields,
)
from curate.recipe.complaint import nearest
from curate.recipe.wording import describe

if TYPE_CHECKING:
    from curate.recipe.document import Keys
    from curate.recipe.reading import Reading

NAME_PATTERN = r"^[a-z][a-z0-9_]*$"
RESERVED = frozenset(
    {"pair_id", "position", "origin", "parents", "occurrences"}
    | {"source", "row", "status", "split", "component", "align", "reviewed", "decided"}
    | {"problem", "problem_field", "problem_detail"}
)
SUFFIXES = ("_uri", "_sha256", "_path", "_member", "_start", "_end")

MODELS: dict[str, type[Field]] = {
    get_args(model.model_fields["type"].annotation)[0]: model
    for model in (TextField, ImageField, AudioField, VideoField, SensorField, MetadataField)
}
_EXAMPLE = "caption: {type: text}"


def read_fields(reading: Reading) -> tuple[Fields, bool]:
    """The fields, and whether the type of every one of them is known."""
    written = reading.document.value.get("fields")
    if not isinstance(written, dict) or not written:
        if "fields" in reading.document.value:
            message = f"'fields' must be a mapping of names to fields, not {_found(written)}"
            reading.at_value(("fields",), message, hint=f"for example {_EXAMPLE}")
        return {}, False
    read = {name: _read_field(reading, name, value) for name, value in written.items()}
    fields = {name: field for name, field in read.items() if field is not None}
    certain = len(fields) == len(read)
    if certain and not content_fields(fields):
        message = "none of the fields has content; pairs need text, images or sounds"
        reading.at_key(("fields",), message, hint=f"for example {_EXAMPLE}")
        return fields, False
    return fields, certain


def _found(written: Any) -> str:
    return "an empty one" if written == {} else describe(written)


def _read_field(reading: Reading, name: str, value: Any) -> Field | None:
    _check_name(reading, name)
    path = ("fields", name)
    if not isinstance(value, dict):
        message = f"field '{name}' must be a mapping with a 'type', not {describe(value)}"
        hint = f"write {name}: {{type: {value}}}" if _is_type(value) else f"for example {_EXAMPLE}"
        reading.at_value(path, message, hint=hint)
        return _of_type(value) if _is_type(value) else None
    kind = _read_type(reading, name, value)
    return _validate(reading, path, kind, value) if kind else None


def _of_type(kind: str) -> Field:
    return MODELS[kind].model_validate({"type": kind})


def _is_type(value: Any) -> bool:
    return isinstance(value, str) and value in MODELS


def _read_type(reading: Reading, name: str, value: dict[str, Any]) -> str | None:
    """The field's type, or the one that was probably meant."""
    path = ("fields", name)
    key = "type" if "type" in value else nearest("type", value)
    if key is None:
        reading.at_key(path, f"field '{name}' has no 'type'", candidates=MODELS)
        return None
    written = value[key]
    if _is_type(written):
        return str(written)
    shown = f"'{written}'" if isinstance(written, str) else describe(written)
    message = f"{shown} is not a type of field"
    reading.at_value((*path, key), message, candidates=MODELS, written=str(written))
    return nearest(str(written), MODELS)


def _validate(reading: Reading, path: Keys, kind: str, value: dict[str, Any]) -> Field:
    model = MODELS[kind]
    try:
        return model.model_validate(value | {"type": kind})
    except ValidationError as error:
        reading.invalid(path, f"field '{path[-1]}'", error, model.model_json_schema)
        return _of_type(kind)


def _check_name(reading: Reading, name: str) -> None:
    if not re.fullmatch(NAME_PATTERN, name):
        told = "consists of a-z, 0-9 and '_' and begins with a letter"
    elif name in RESERVED:
        told = "must differ from the columns that every release has"
    elif name.endswith(SUFFIXES):
        told = f"must not end in {', '.join(SUFFIXES)}, which a release's own columns do"
    else:
        return
    reading.at_key(("fields", name), f"'{name}' cannot name a field: a name {told}")
