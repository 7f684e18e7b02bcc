"""Builds with a model named by reference, whose vectors have a width that only the model tells."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tests.models import tiny
from tests.workspace import Workspace, age, photo, write_lines

CAPTIONS = ["a duck", "an owl", "a red apple", "a boat"]


def test_a_report_maps_what_a_model_by_reference_embedded(tmp_path: Path) -> None:
    rows = [{"caption": text, "image": f"{n}.png"} for n, text in enumerate(CAPTIONS)]
    write_lines(tmp_path / "media" / "rows.jsonl", rows)
    for number in range(len(CAPTIONS)):
        photo(number, 48, 32).save(tmp_path / "media" / f"{number}.png")
    age(tmp_path / "media")
    model = tiny.clip(tmp_path)
    place = Workspace(tmp_path).having(
        name="scored",
        version="1.0.0",
        fields={"image": {"type": "image"}, "caption": {"type": "text"}},
        sources=[
            {"jsonl": {"path": "../media/rows.jsonl", "caption": "caption", "image": "image"}}
        ],
        steps=[{"align": {"score": ["image", "caption"], "encoder": f"file:{model}"}}],
    )
    place.build()
    pairs, _, _ = place.tables()
    assert pairs.filter(pl.col("status") == "kept").height == len(CAPTIONS)
    assert model.name in (place.release / "report.html").read_text()
