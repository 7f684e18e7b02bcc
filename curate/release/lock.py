"""The lock of a release: everything its content depends on, resolved; no path, time or host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import TYPE_CHECKING, Any

import polars as pl

import curate
from curate.pairs.digest import table_digest
from curate.pairs.field import Fields, content_fields, metadata_fields
from curate.pairs.identity import canonical_json

if TYPE_CHECKING:
    from curate.fits.fit import Fit
    from curate.measures.measure import Measure
    from curate.recipe.recipe import Recipe

_ALWAYS = ("polars", "pyarrow")


def lock(
    recipe: Recipe,
    table: pl.DataFrame,
    measures: Iterable[Measure],
    fits: Iterable[Fit],
    revisions: Mapping[str, str],
    limit: int | None,
    others: Iterable[str],
) -> dict[str, Any]:
    """`recipe.lock.yaml` as plain values."""
    used, learned = sorted(measures, key=_order), sorted(fits, key=_order)
    libraries = {*_ALWAYS, *(name for measure in used for name in measure.libraries)}
    libraries |= {name for fit in learned for name in fit.libraries}
    return {
        "curate": curate.__version__,
        "recipe": _resolved(recipe),
        **({"limit": limit} if limit is not None else {}),
        **({"others": seen} if (seen := sorted(others)) else {}),
        "inputs": _inputs(table, recipe.fields),
        "models": {ref: revisions[ref] for ref in sorted(revisions)},
        "measures": [_measure(measure) for measure in used],
        "fits": [{"name": f.name, "version": f.version, "params": dict(f.params)} for f in learned],
        "libraries": {name: metadata.version(name) for name in sorted(libraries)},
    }


def _order(part: Measure | Fit) -> tuple[str, str]:
    return part.name, canonical_json(dict(part.params))


def _measure(measure: Measure) -> dict[str, Any]:
    return {
        "name": measure.name,
        "version": measure.version,
        "params": dict(measure.params),
        "models": dict(measure.models),
    }


def _resolved(recipe: Recipe) -> dict[str, Any]:
    """The recipe with its defaults, without where its sources lie."""
    return {
        "name": recipe.name,
        "version": recipe.version,
        **({"description": recipe.description} if recipe.description else {}),
        "seed": recipe.seed,
        "fields": {name: field.model_dump() for name, field in recipe.fields.items()},
        "sources": [{source.word: source.name} for source in recipe.sources],
        "steps": [{step.word: step.model_dump(exclude_none=True)} for step in recipe.steps],
        "evaluate": [{one.word: one.model_dump(exclude_none=True)} for one in recipe.evaluations],
        "release": recipe.release.model_dump(),
        "governance": recipe.governance.model_dump(exclude_none=True),
        **({"answers": _answers(recipe)} if recipe.governance.answers else {}),
        **({"policy": _gates(recipe)} if recipe.policy else {}),
    }


def _answers(recipe: Recipe) -> dict[str, Any]:
    return {key: said.model_dump(exclude_none=True) for key, said in recipe.answers.items()}


def _gates(recipe: Recipe) -> dict[str, Any]:
    return {name: bound.model_dump(exclude_none=True) for name, bound in recipe.policy.items()}


def _inputs(table: pl.DataFrame, fields: Fields) -> dict[str, dict[str, Any]]:
    """Per source, how many pairs it gave and a digest of what they hold and where they lay."""
    content = [f"{name}_sha256" for name in content_fields(fields)]
    columns = ["row", "occurrences", *content, *metadata_fields(fields)]
    found = {}
    for (name,), rows in table.group_by(["source"], maintain_order=True):
        digest = table_digest(rows.select(columns).sort("row"))
        found[str(name)] = {"pairs": rows.height, "digest": digest}
    return dict(sorted(found.items()))
