"""Which steps exist: this table, and what other packages add under the entry point `curate.steps`."""

from __future__ import annotations

import importlib
import warnings
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from curate.errors import CurateError

if TYPE_CHECKING:
    from curate.steps.step import Step

STEPS = {
    "pair": "curate.steps.pair:Pair",
    "filter": "curate.steps.filter:Filter",
    "dedup": "curate.steps.dedup:Dedup",
    "align": "curate.steps.align:Align",
    "select": "curate.steps.select:Select",
    "licence": "curate.steps.licence:Licence",
    "consent": "curate.steps.consent:Consent",
    "safety": "curate.steps.safety:Safety",
    "privacy": "curate.steps.privacy:Privacy",
    "pseudo_label": "curate.steps.pseudo_label:PseudoLabel",
    "synthesize": "curate.steps.synthesize:Synthesize",
    "split": "curate.steps.split:Split",
}


@cache
def registry() -> dict[str, type[Step]]:
    """Every step's class by its word; a word taken twice is an error, a broken plugin warns."""
    found = {word: _load(target) for word, target in STEPS.items()}
    for entry in entry_points(group="curate.steps"):
        if entry.name in found:
            raise CurateError(
                f"the step '{entry.name}' is defined twice, again by {entry.value}",
                "uninstall one of the packages",
            )
        try:
            found[entry.name] = entry.load()
        except Exception as error:  # a plugin may fail in any way; the others still work
            warnings.warn(
                f"the step '{entry.name}' ({entry.value}) is broken: {error}", stacklevel=2
            )
    return found


def _load(target: str) -> type[Step]:
    module, _, name = target.partition(":")
    step: type[Step] = getattr(importlib.import_module(module), name)
    return step
