"""Which steps exist: this table, and what other packages add under the entry point `curate.steps`."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from curate.errors import CurateError
from curate.steps.words import Words

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
def registry() -> Words[Step]:
    """Every step's class by its word; a word taken twice is an error."""
    plugins: dict[str, EntryPoint] = {}
    for entry in entry_points(group="curate.steps"):
        if entry.name in STEPS or entry.name in plugins:
            raise CurateError(
                f"the step '{entry.name}' is defined twice, again by {entry.value}",
                "uninstall one of the packages",
            )
        plugins[entry.name] = entry
    return Words("step", "curate.steps.step:Step", STEPS, plugins)
