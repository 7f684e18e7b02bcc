"""What a release holds beside its pairs: its evidence, and the documents that are made of its facts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.cards.attribution import attribution
from curate.cards.card import Sample, render_card
from curate.cards.croissant import croissant
from curate.cards.sheets import sheets
from curate.governance import audit, energy, facts, gates
from curate.governance.lineage import lineage
from curate.release import evidence as files
from curate.release.tables import tables_of
from curate.run.samples import write_samples

if TYPE_CHECKING:
    from curate.governance.evidence import Evidence
    from curate.governance.facts import Facts
    from curate.governance.gates import Held


def write_documents(folder: Path, shown: Evidence, told: Facts, held: Sequence[Held]) -> None:
    """Everything but the manifest, into a folder that holds the tables already."""
    for name, document in _evidence(shown, told, held):
        _write(folder / name, document)
    for name, text in _texts(folder, shown, told, held, write_samples(folder, shown)):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _evidence(shown: Evidence, told: Facts, held: Sequence[Held]) -> Iterator[tuple[str, Any]]:
    yield files.STEPS, shown.stages
    if shown.evaluation is not None:
        yield files.EVALUATION, shown.evaluation
    if shown.audit is not None:
        yield audit.FILE, shown.audit.model_dump(mode="json")
    if shown.energy is not None:
        yield energy.FILE, shown.energy.model_dump()
    if held:
        yield gates.FILE, [one.model_dump() for one in held]
    yield facts.FILE, told.model_dump(exclude_none=True)


def _texts(
    folder: Path, shown: Evidence, told: Facts, held: Sequence[Held], samples: Sequence[Sample]
) -> Iterator[tuple[str, str]]:
    splits, features = files.splits_of(folder), files.features_of(folder)
    yield "README.md", render_card(told, held, splits, features, samples)
    yield "croissant.json", json.dumps(croissant(told, tables_of(folder)), indent=1) + "\n"
    yield from sheets(told).items()
    if shown.energy is not None:
        yield "lineage.jsonl", lineage(told, shown.pairs, shown.energy)
    if told.licences.counts.value is not None:
        yield "ATTRIBUTION.md", attribution(shown.pairs)


def file_card(release: Path, home: Path, told: Facts, held: Sequence[Held]) -> None:
    """The card among the workspace's, which belong in version control; without pictures of data."""
    home.mkdir(parents=True, exist_ok=True)
    card = render_card(told, held, files.splits_of(release), files.features_of(release))
    staged = home / f".{release.name}.tmp"
    staged.write_text(card, encoding="utf-8")
    staged.rename(home / f"{release.name}.md")


def _write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n")
