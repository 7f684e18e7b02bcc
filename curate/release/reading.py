"""A release's files, read as this version writes them; what is otherwise is said in words.

Releases outlive the versions that made them, and people edit files: whatever is opened here either is
of the form that the rest of the code takes for granted, or ends in a `CurateError`.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from curate.errors import CurateError
from curate.governance.gates import Gates
from curate.governance.settings import Governance
from curate.pairs.field import Field

LOCK = "recipe.lock.yaml"
_HINT = "another version of curate made it, or it was altered: build the release anew"
_NO_JSON = ("json_invalid", "json_type")


class _Part(BaseModel):
    """What is read of a document; it may say more."""

    model_config = ConfigDict(extra="allow")


class _Input(_Part):
    pairs: int


class _Release(_Part):
    media: str


class _Recipe(_Part):
    name: str
    version: str
    fields: dict[str, Field]
    steps: list[dict[str, Any]]
    release: _Release
    governance: Governance
    policy: Gates = {}


class _Lock(_Part):
    curate: str
    recipe: _Recipe
    inputs: dict[str, _Input]
    models: dict[str, str]


def read_document(path: Path, kind: Any) -> Any:
    """A JSON document of a pydantic `kind`; raises `CurateError`."""
    try:
        return TypeAdapter(kind).validate_json(path.read_bytes())
    except FileNotFoundError:
        raise CurateError(f"{path} is missing", _HINT) from None
    except ValidationError as error:
        raise _otherwise(path, error) from None


def read_lock(release: Path) -> dict[str, Any]:
    """`recipe.lock.yaml` of a release; raises `CurateError`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    path = release / LOCK
    try:
        found: dict[str, Any] = YAML(typ="safe", pure=True).load(path)
        _Lock.model_validate(found)
    except FileNotFoundError:
        raise CurateError(f"{path} is missing", _HINT) from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise CurateError(f"{path} is no YAML: {' '.join(str(error).split())}", _HINT) from None
    except ValidationError as error:
        raise _otherwise(path, error) from None
    return found


def read_table(path: Path, columns: Collection[str]) -> pl.DataFrame:
    """A Parquet table that has these columns, and maybe others; raises `CurateError`."""
    try:
        found = pl.read_parquet(path)
    except FileNotFoundError:
        raise CurateError(f"{path} is missing", _HINT) from None
    except pl.exceptions.PolarsError as error:
        told = str(error).partition("\n")[0]
        raise CurateError(f"{path} cannot be read as Parquet: {told}", _HINT) from None
    lacking = [name for name in columns if name not in found.columns]
    if lacking:
        raise CurateError(f"{path} lacks the column '{lacking[0]}'", _HINT)
    return found


def _otherwise(path: Path, error: ValidationError) -> CurateError:
    first, *others = error.errors(include_url=False, include_context=False)
    more = f" (and {len(others)} more)" if others else ""
    return CurateError(f"{path} {_words(first)}{more}", _HINT)


def _words(wrong: ErrorDetails) -> str:
    name = ".".join(str(part) for part in wrong["loc"])
    if wrong["type"] in _NO_JSON:
        return f"is no JSON: {wrong['msg'].removeprefix('Invalid JSON: ')}"
    if wrong["type"] == "missing":
        return f"lacks '{name}'"
    if wrong["type"] == "extra_forbidden":
        return f"says '{name}', which this version does not know"
    said = wrong["msg"][:1].lower() + wrong["msg"][1:]
    return f"is not what this version reads: {f'{name}: ' if name else ''}{said}"
