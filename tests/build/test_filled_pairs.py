"""Fields that pairs lack until a step fills them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from curate.errors import DataError
from tests.workspace import Workspace, curate, write_lines

TEXT = {"type": "text", "language": "en"}
NAMES = ["duck", "bus", "apple", "house", "cat", "boat", "tree", "car", "bird", "dog", "cup", "hat"]
THINGS = [
    f"{colour} {name}"
    for colour in ("red", "green", "blue", "old", "new", "tiny")
    for name in NAMES
]


def test_formed_pairs_may_lack_what_a_later_step_fills(tmp_path: Path) -> None:
    notes = [{"note": f"there is a {thing}"} for thing in THINGS]
    write_lines(
        tmp_path / "media" / "a.jsonl",
        [{"caption": f"a {thing}", "id": n} for n, thing in enumerate(THINGS)],
    )
    write_lines(
        tmp_path / "media" / "b.jsonl",
        [
            {"title": f"the {thing}", "id": n, **(notes[n] if n else {})}
            for n, thing in enumerate(THINGS)
        ],
    )
    left = {"name": "a", "path": "../media/a.jsonl", "caption": "caption", "id": "id"}
    right = {"name": "b", "path": "../media/b.jsonl", "title": "title", "note": "note", "id": "id"}
    fill = {"neighbours": "caption", "fill": "note", "min_confidence": 0.0, "count": 2}
    place = Workspace(tmp_path).having(
        name="filled",
        version="1.0.0",
        fields={"caption": TEXT, "title": TEXT, "note": TEXT, "id": {"type": "metadata"}},
        sources=[{"jsonl": left}, {"jsonl": right}],
        steps=[{"pair": {"key": ["a", "b"], "on": "id"}}, {"pseudo_label": fill}],
    )
    place.build()
    data = pl.read_parquet(sorted(place.release.glob("data/*/*.parquet")))
    assert data.height == len(THINGS)
    assert data.filter(pl.col("caption") == "a red duck")["note"].null_count() == 0
    assert curate("verify", place.release).code == 0


def test_a_label_that_a_field_cannot_hold_is_said(tmp_path: Path) -> None:
    rows = [{"caption": f"there is a {thing}", "flag": True} for thing in NAMES]
    write_lines(tmp_path / "media" / "rows.jsonl", rows)
    step = {"language": "caption", "fill": "flag", "replace": "flag", "min_confidence": 0.0}
    place = Workspace(tmp_path).having(
        name="flags",
        version="1.0.0",
        fields={"caption": TEXT, "flag": {"type": "metadata"}},
        sources=[{"jsonl": {"path": "../media/rows.jsonl", "caption": "caption", "flag": "flag"}}],
        steps=[{"pseudo_label": step}],
    )
    with pytest.raises(DataError, match="'flag' holds truth values, and 'en' is none"):
        place.build()
