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
    told, held = read_facts(release), read_held(release)
    card = render_card(told, held, splits_of(release), features_of(release))
    file_whole(home / f"{release.name}.md", card.encode())


def file_whole(path: Path, content: bytes) -> None:
    """Put a document there, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.stem}.tmp")
    try:
        staged.write_bytes(content)
        staged.rename(path)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
