"""A lower precision is checked against the full one, on a few contents of every build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curate.errors import CurateError
from curate.recipe import read_recipe
from curate.run.build import Options, opened
from curate.run.progress import Silence
from curate.steps import rounding
from curate.steps.step import Outcome
from tests.models import tiny
from tests.steps.conftest import Table
from tests.steps.test_cascade_step import rows
from tests.steps.test_score_step import pictured
from tests.workspace import Workspace

SIDES = ["picture", "caption"]


def outcome(place: Workspace, **settings: Any) -> tuple[Outcome, dict[str, int]]:
    read = read_recipe(place.having(steps=[{"align": {"score": SIDES, **settings}}]).path)
    with opened(read, Options(store=place.root / "own"), Silence()) as (course, asking):
        said = read.steps[0].decide(course.living, asking)
        return said, {name: spent.computed for name, spent in asking.usage.measures.items()}


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_encoders_are_compared_on_sixteen_contents_of_each_side(
    table: Table, tmp_path: Path, precision: str
) -> None:
    made = pictured(table, tmp_path, rows(60))
    said, asked = outcome(made, encoder=f"file:{tiny.clip(tmp_path)}", precision=precision)
    assert said.note is not None
    assert said.note.startswith(f"{precision}: picture moved by 0.0")
    assert "caption moved by" in said.note
    assert asked == {"image.vector": 60 + 16, "text.vector": 60 + 16}
    moved = said.figures[f"moved by {precision}, picture"]
    assert 0 < moved <= rounding.TOLERANCE[precision]
    again, asked = outcome(made, encoder=f"file:{tiny.clip(tmp_path)}", precision=precision)
    assert again.note == said.note
    assert not any(asked.values())


def test_scorers_are_compared_on_sixteen_couples(table: Table, tmp_path: Path) -> None:
    made = pictured(table, tmp_path, rows(30))
    said, asked = outcome(made, scorer=f"file:{tiny.blip(tmp_path)}", precision="bf16")
    assert "bf16: scores moved by" in str(said.note)
    assert asked == {"image.text.match": 30 + 16}


def test_the_packages_own_encoder_in_eight_bits(table: Table, tmp_path: Path) -> None:
    made = pictured(table, tmp_path, rows(60))
    said, _ = outcome(made, precision="int8")
    assert "int8: picture moved by 0.0" in str(said.note)


def test_full_precision_says_nothing(table: Table, tmp_path: Path) -> None:
    said, asked = outcome(pictured(table, tmp_path, rows(60)))
    assert said.note is None
    assert asked == {"image.features": 60, "text.embedding": 60}


def test_another_model_is_refused(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounding, "TOLERANCE", {"int8": 1e-9})
    with pytest.raises(CurateError, match="in int8 the model says something else: picture moved"):
        outcome(pictured(table, tmp_path, rows(60)), precision="int8")
