"""Rows of several sources become pairs: what is joined, what is left over, and what is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from tests.workspace import Workspace, curate

SOURCES: list[dict[str, Any]] = [
    {"folder": {"name": "seen", "path": "../media", "image": ["**/*.png", "**/*.jpg"]}},
    {"folder": {"name": "told", "path": "../media", "caption": "**/*.txt#1"}},
    {"folder": {"name": "heard", "path": "../media", "speech": "**/*.wav"}},
]
FIELDS = {
    "image": {"type": "image"},
    "caption": {"type": "text"},
    "speech": {"type": "audio", "optional": True},
}


def joined(workspace: Workspace, *sources: str, **more: Any) -> Workspace:
    step = {"pair": {"key": list(sources), "on": "stem", **more}}
    some = [source for source in SOURCES if source["folder"]["name"] in sources]
    return workspace.having(sources=some, fields=FIELDS, steps=[step])


def test_every_row_is_accounted_for(workspace: Workspace) -> None:
    place = joined(workspace, "seen", "told")
    built = place.build()
    pairs, decisions, data = place.tables()
    assert sum(built.kept.values()) == data.height == built.facts.pairs.formed.value == 7
    assert built.facts.pairs.parts.value == 14
    assert built.facts.pairs.read.value == 17
    status = dict(pairs.group_by("status").len().iter_rows())
    assert status == {"kept": 7, "paired": 14, "dropped": 3}
    left = decisions.filter(pl.col("verdict") == "drop")
    assert left["reason"].unique().to_list() == ["no match"]
    assert curate("verify", place.release).code == 0


def test_a_formed_pair_has_the_id_of_its_contents(workspace: Workspace) -> None:
    """As if one source had held it whole."""
    place = joined(workspace, "seen", "told")
    place.build()
    formed, _, _ = place.tables()
    whole = workspace.having(
        sources=[
            {
                "folder": {
                    "path": "../media",
                    "image": ["**/*.png", "**/*.jpg"],
                    "caption": "{stem}.txt#1",
                }
            }
        ],
        fields=FIELDS,
        steps=[],
        name="whole",
    )
    whole.build()
    collected, _, _ = whole.tables()
    kept = formed.filter(pl.col("status") == "kept")
    assert set(kept["pair_id"]) == set(collected["pair_id"])
    parts = kept.explode("parents")["parents"]
    assert set(parts) == set(formed.filter(pl.col("status") == "paired")["pair_id"])


def test_three_sources_and_what_lacks_one(workspace: Workspace) -> None:
    place = joined(workspace, "seen", "told", "heard")
    built = place.build()
    _, _, data = place.tables()
    assert data.height == 3
    assert built.left == {"pair key seen told heard: no match": 11}


def test_what_is_required_must_be_there_afterwards(workspace: Workspace) -> None:
    place = joined(workspace, "seen", "told", unmatched="keep")
    built = place.build()
    assert sum(built.kept.values()) == 7
    assert built.left == {"complete: image missing": 3}


def test_an_unknown_source(workspace: Workspace) -> None:
    said = curate("build", joined(workspace, "seen", "tolt").path)
    assert said.code == 2
    assert "there is no source 'tolt' to pair" in said.err


def test_digests_are_equal(workspace: Workspace, tmp_path: Path) -> None:
    place = joined(workspace, "seen", "told", "heard")
    other = place.copied(tmp_path / "elsewhere")
    assert place.build().digest == other.build(batch_size=1, workers=1).digest
