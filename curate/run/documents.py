"""A release's documents are written beside its tables, and its card among the workspace's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.cards.card import render_card
from curate.release.documents import documents, evidence_documents
from curate.release.evidence import features_of, read_facts, read_held, splits_of
from curate.release.samples import write_samples

if TYPE_CHECKING:
    from curate.governance.evidence import Evidence
    from curate.governance.facts import Facts
    from curate.governance.gates import Held


def write_documents(
    folder: Path,
    files: Mapping[str, Mapping[str, Any]],
    shown: Evidence,
    told: Facts,
    held: Sequence[Held],
) -> None:
    """Everything but the manifest, into a folder that holds the tables already: `files`, hashed."""
    samples = write_samples(folder, shown)
    found = dict(evidence_documents(shown, told, held))
    found |= documents(folder, files, shown, told, held, samples)
    for name, text in found.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def file_card(release: Path, home: Path) -> None:
    """The card among the workspace's, which belong in version control; without pictures of data."""
    home.mkdir(parents=True, exist_ok=True)
    told, held = read_facts(release), read_held(release)
    card = render_card(told, held, splits_of(release), features_of(release))
    staged = home / f".{release.name}.tmp"
    staged.write_text(card, encoding="utf-8")
    staged.rename(home / f"{release.name}.md")
