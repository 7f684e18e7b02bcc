"""A recipe's evaluations over a finished course, for `evaluation.json`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.evaluation.evaluation import Replayed
from curate.pairs.identity import content_hash
from curate.run.contents import placed
from curate.run.outlook import evaluating

if TYPE_CHECKING:
    from curate.run.asking import Asking
    from curate.run.course import Course
    from curate.steps.step import Step

FORMAT = 1


@dataclass(frozen=True)
class Scene:
    """Implements `curate.evaluation.evaluation.Scene` over a course."""

    course: Course
    ask: Asking
    folder: Path
    """Where files lie that an evaluation made, until all evaluations are done."""

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

    def lend(self, files: Sequence[bytes], modality: str) -> pl.DataFrame:
        keys = [content_hash(data) for data in files]
        paths = [self.folder / key for key in keys]
        for path, data in zip(paths, files, strict=True):
            path.write_bytes(data)
        rows = pl.DataFrame({"key": keys, "path": [str(path) for path in paths]})
        places = placed(rows.with_columns(modality=pl.lit(modality)))
        self.ask.contents = self.ask.contents.with_places(places)
        return rows.rename({"key": "sha256"})

    def replay(self, table: pl.DataFrame, until: Step | None = None) -> Replayed:
        other = self.course.replayed(table, self.ask, until)
        return Replayed(other.living, other.ledger.frame(), other.all_made)


@contextmanager
def scene_of(course: Course, asking: Asking) -> Iterator[Scene]:
    """What evaluations see; files that they make are gone afterwards."""
    with TemporaryDirectory() as folder:
        yield Scene(course, asking, Path(folder))


def evaluated(course: Course, asking: Asking) -> dict[str, Any] | None:
    """The document, or None where the recipe asks for no evaluation."""
    found = []
    with scene_of(course, asking) as scene:
        for evaluation in course.recipe.evaluations:
            asking.budget.check()
            title, pairs = evaluating(evaluation.word), course.alive.len()
            course.progress.step(title, pairs)
            with course.meter.stage("", title), course.pace.stage(title, pairs) as stage:
                result = evaluation.measure(scene)
                stage.kept = pairs
            headline = evaluation.headline(result)
            found.append({"evaluation": evaluation.word, "headline": headline, **result})
    return {"format": FORMAT, "evaluations": found} if found else None
