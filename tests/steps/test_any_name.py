"""Metadata may be called as they like: a column `width` or `score` of the data is never taken for
what was measured or decided.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.steps.conftest import Table
from tests.workspace import Workspace, photo

NAMES = (
    *("width", "height", "format", "frames", "error", "key", "words", "duration", "language"),
    *("verdict", "reason", "score", "threshold", "detail", "step", "rank", "limit", "cut", "text"),
    *("group", "draw", "node", "area", "left", "right", "l", "r", "png", "png_hash", "learn"),
    *("uniform", "sha256", "member", "modality", "uri", "said", "fold_group", "label", "image"),
)
STEPS: list[dict[str, Any]] = [
    {"filter": {"picture.min_side": 45, "caption.words": {"min": 2}}},
    {"filter": {"picture.sharpness": 1.0, "picture.format": ["PNG"]}},
    {"filter": {"caption.matches": "0|2"}},
    {"dedup": {"exact": "pair"}},
    {"dedup": {"near": ["picture", "caption"], "keep": "largest"}},
    {"dedup": {"near": "caption"}},
    {"select": {"size": 2, "by": "picture.min_side"}},
    {"select": {"size": 2}},
    {"select": {"size": 2, "weights": {"jsonl": 1}}},
    {"align": {"score": ["picture", "caption"]}},
]


def pairs(table: Table, folder: Path, metadata: dict[str, str]) -> Workspace:
    for number, name in enumerate(("0.png", "1.png", "2.jpg")):
        photo(number, 40 + 10 * number, 60).save(folder / name)
    rows = [{"picture": name, "caption": f"word {name}"} for name in ("0.png", "1.png", "2.jpg")]
    kinds = {"picture": "image", "caption": "text"}
    return table([{**row, **metadata} for row in rows], **kinds)


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_decisions_are_the_same(table: Table, tmp_path: Path, step: dict[str, Any]) -> None:
    (tmp_path / "media").mkdir()
    if "align" in step:
        pytest.importorskip("sentence_transformers")
    plain = pairs(table, tmp_path / "media", {}).decide(step)
    laden = pairs(table, tmp_path / "media", dict.fromkeys(NAMES, "x")).decide(step)
    columns = ["row", "verdict", "reason", "score", "threshold"]
    if "select" in step and "by" not in step["select"]:
        columns = ["threshold"]
    assert laden.select(columns).rows() == plain.select(columns).rows()
    assert (
        laden.filter(pl.col("verdict") == "drop").height
        == plain.filter(pl.col("verdict") == "drop").height
    )


def test_such_a_table_is_released(table: Table, tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    workspace = pairs(table, tmp_path / "media", dict.fromkeys(NAMES, "x"))
    steps = [*STEPS[:2], *STEPS[3:6], {"split": {"train": 1.0}}]
    built = workspace.having(steps=steps).build(limit=3)
    assert built.kept == {"train": 1}
    (shard,) = built.path.glob("data/train/*.parquet")
    row = pl.read_parquet(shard).row(0, named=True)
    assert row["picture"]["bytes"]
    assert {row[name] for name in NAMES} == {"x"}


def test_a_picture_may_be_called_png(table: Table, tmp_path: Path) -> None:
    """Drawings are released as PNG, whose hash is no other field's."""
    (tmp_path / "media").mkdir()
    photo(1).save(tmp_path / "media" / "a.png")
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="5"/></svg>'
    (tmp_path / "media" / "b.svg").write_text(svg)
    workspace = table([{"png": "a.png", "svg": "b.svg"}], png="image", svg="image")
    built = workspace.having(steps=[]).build()
    (shard,) = built.path.glob("data/train/*.parquet")
    row = pl.read_parquet(shard).row(0, named=True)
    assert row["png"]["bytes"] == (tmp_path / "media" / "a.png").read_bytes()
    assert row["svg"]["path"] == "b.png"
