"""A recipe's evaluations over a finished course, as the text of `evaluation.json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.evaluation.evaluation import Replayed

if TYPE_CHECKING:
    from curate.run.asking import Asking
    from curate.run.course import Course
    from curate.steps.step import Step

FILE = "evaluation.json"
FORMAT = 1


@dataclass(frozen=True)
class Scene:
    """Implements `curate.evaluation.evaluation.Scene` over a course."""

    course: Course
    ask: Asking

    @property
    def steps(self) -> Sequence[Step]:
        return self.course.recipe.steps

    @property
    def sound(self) -> pl.DataFrame:
        formed = self.course.formed.to_frame("pair_id")
        return self.course.table.join(formed, on="pair_id", how="semi", maintain_order="left")

    @property
    def living(self) -> pl.DataFrame:
        return self.course.living

    @property
    def every(self) -> pl.DataFrame:
        return self.course.table

    @property
    def decisions(self) -> pl.DataFrame:
        return self.course.ledger.frame()

    @property
    def made(self) -> pl.DataFrame:
        return self.course.all_made

    def over(self, table: pl.DataFrame) -> Asking:
        return self.course.beginning(table, self.ask)

    def replay(self, table: pl.DataFrame, until: Step | None = None) -> Replayed:
        other = self.course.replayed(table, self.ask, until)
        return Replayed(other.living, other.ledger.frame(), other.all_made)


def evaluated(course: Course, asking: Asking) -> str | None:
    """The document, or None where the recipe asks for no evaluation."""
    scene = Scene(course, asking)
    found = []
    for evaluation in course.recipe.evaluations:
        course.progress.step(f"evaluate {evaluation.word}", course.alive.len())
        result = evaluation.measure(scene)
        headline = evaluation.headline(result)
        found.append({"evaluation": evaluation.word, "headline": headline, **result})
    document = {"format": FORMAT, "evaluations": found}
    return json.dumps(document, indent=1, allow_nan=False) + "\n" if found else None


def headlines(release: Path) -> dict[str, str]:
    """Evaluation -> its finding in a line, as a release holds them; of several with one word, all."""
    path = release / FILE
    if not path.exists():
        return {}
    found: list[dict[str, Any]] = json.loads(path.read_text())["evaluations"]
    lines: dict[str, str] = {}
    for one in found:
        before = lines.get(one["evaluation"])
        lines[one["evaluation"]] = f"{before}; {one['headline']}" if before else one["headline"]
    return lines
