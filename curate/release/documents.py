"""A release's documents, each made of its facts and of the files that they are gathered from.

`steps.json`, `evaluation.json`, `energy.json` and `emissions.csv` are evidence: they tell of a build.
`recipe.yaml` and `answers.yaml` are what people wrote. The pictures of `samples/` have bytes of the
library that wrote them. All others can be made again of what stands beside them, and are: once when a
release is written, and whenever it is verified.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.cards.attribution import attribution
from curate.cards.card import Sample, render_card
from curate.cards.croissant import FILE as CROISSANT
from curate.cards.croissant import croissant
from curate.cards.sheets import sheets
from curate.governance import audit, energy, facts, gates
from curate.governance.lineage import FILE as LINEAGE
from curate.governance.lineage import lineage
from curate.release.evidence import EVALUATION, STEPS, features_of, splits_of
from curate.release.tables import tables_of

if TYPE_CHECKING:
    from curate.governance.evidence import Evidence
    from curate.governance.facts import Facts
    from curate.governance.gates import Held

CARD = "README.md"
ATTRIBUTION = "ATTRIBUTION.md"


def evidence_documents(
    shown: Evidence, told: Facts, held: Sequence[Held]
) -> Iterator[tuple[str, str]]:
    """Name and text of what is read as data: of what was found, and of what follows from it."""
    yield STEPS, _json(shown.stages)
    if shown.evaluation is not None:
        yield EVALUATION, _json(shown.evaluation)
    if shown.audit is not None:
        yield audit.FILE, _json(shown.audit.model_dump(mode="json"))
    if shown.energy is not None:
        yield energy.FILE, _json(shown.energy.model_dump())
    if held:
        yield gates.FILE, _json([one.model_dump() for one in held])
    yield facts.FILE, _json(told.model_dump(exclude_none=True))


def documents(
    folder: Path,
    files: Mapping[str, Mapping[str, Any]],
    shown: Evidence,
    told: Facts,
    held: Sequence[Held],
    samples: Sequence[Sample],
) -> Iterator[tuple[str, str]]:
    """Name and text of what is rendered of them; `files` are the manifest's entries of the tables."""
    yield CARD, render_card(told, held, splits_of(folder), features_of(folder), samples)
    yield CROISSANT, _json(croissant(told, tables_of(folder, files)))
    yield from sheets(told).items()
    if shown.energy is not None:
        yield LINEAGE, lineage(told, shown.pairs, shown.energy)
    if told.licences.counts.value is not None:
        yield ATTRIBUTION, attribution(shown.pairs)


def _json(document: Any) -> str:
    return json.dumps(document, indent=1, allow_nan=False) + "\n"
