"""A release of every kind of column, with answers of people and pairs that a machine made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.governance.facts import Facts
from curate.release.evidence import read_facts
from tests.workspace import Workspace, photo, tone, write_lines

FIELDS: dict[str, dict[str, Any]] = {
    "image": {"type": "image"},
    "speech": {"type": "audio", "language": "en", "optional": True},
    "motion": {"type": "sensor", "optional": True},
    "caption": {"type": "text", "language": "en"},
    "taken_by": {"type": "metadata", "group": True},
    "year": {"type": "metadata"},
    "sharpness": {"type": "metadata"},
    "indoors": {"type": "metadata"},
}
ANSWERS = """\
# said by people
purpose: To try out what a release says.
authors: {value: A. Author; B. Author, by: A. Author, at: 2026-11-20}
licence: https://spdx.org/licenses/CC0-1.0.html
citation: "@misc{told, title = {Told}}"
published: "2026-11-30"
use_conditions: DUO:0000042
intended_uses: Tests, and nothing | else.
known_failures: It is made up.
annotators: {not_applicable: Nobody labelled anything.}
"""


def write_told(root: Path) -> Workspace:
    """The workspace, not built yet."""
    media = root / "media"
    media.mkdir(parents=True)
    rows = [_row(media, number) for number in range(8)]
    write_lines(media / "rows.jsonl", rows)
    place = Workspace(root).having(
        name="told",
        version="1.2.0",
        description="Pictures and what is said of them.",
        fields=FIELDS,
        sources=[{"jsonl": {"path": "../media/rows.jsonl", **{name: name for name in FIELDS}}}],
        steps=[
            {"filter": {"caption.words": {"min": 2}}},
            {"split": {"train": 0.5, "test": 0.5}},
            {"synthesize": {"augment": "image", "into": "image", "by": {"flip": 1}}},
        ],
        governance={"answers": "told.answers.yaml"},
    )
    (root / "recipes" / "told.answers.yaml").write_text(ANSWERS)
    return place


def _row(media: Path, number: int) -> dict[str, Any]:
    photo(number).save(media / f"{number}.png")
    row: dict[str, Any] = {
        "image": f"{number}.png",
        "caption": "Word" if number == 7 else f'Thing {number}, seen by day and "as it is".',
        "taken_by": "Ana" if number % 2 else "Ben",
        "indoors": number % 3 == 0,
    }
    if number % 2:
        tone(media / f"{number}.wav", 300 + number)
        row |= {"speech": f"{number}.wav", "year": 2020 + number}
    if number < 4:
        samples = np.stack([np.arange(5) / 10, np.sin(np.arange(5) + number)], axis=1)
        lines = [",".join(map(str, sample)) for sample in samples.tolist()]
        (media / f"{number}.csv").write_text("\n".join(["time,x", *lines]) + "\n")
        row |= {"motion": f"{number}.csv", "sharpness": number / 3}
    return row


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Its release; for reading only."""
    place = write_told(tmp_path_factory.mktemp("told") / "place")
    place.build()
    yield place.release


@pytest.fixture(scope="session")
def facts(told: Path) -> Facts:
    return read_facts(told)


def document(release: Path, name: str) -> Any:
    return json.loads((release / name).read_text())
