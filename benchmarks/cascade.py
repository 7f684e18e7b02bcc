"""What quality costs: planted errors found and energy used, by precision and by cascade.

    python benchmarks/cascade.py

Builds recipes/stamps.yaml as far as `align`, whose scores are then made in each way with nothing
of it known beforehand, the ways in turn and several times over, and prints for each

- the energy of scoring all pairs, estimated from the load of this process, and of it that of fits:
  the least of the rounds, as other work on the machine only adds
- AUC of pairs against planted errors (5 % of pairs get other pairs' captions), and how many of these
  are found: the lowest scores are taken as far as 90 % of them are planted; means over plantings
  that are the same for every way

and then, for the encoder of texts in either runtime, the energy of a thousand captions and how near
its vectors are to those of full precision.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.evaluation.planting import plant, recall_at
from curate.governance.energy import Energy
from curate.governance.meter import Meter
from curate.governance.settings import Governance
from curate.measures.embedding import TEXT_MODEL, text_embedding
from curate.measures.encoder import embedding
from curate.measures.measure import Measure
from curate.recipe import read_recipe
from curate.run.asking import Asking
from curate.run.build import Options, opened
from curate.run.course import Course
from curate.run.progress import Silence
from curate.steps.cascade import Cascade
from curate.steps.score import Score

RECIPE = Path(__file__).parents[1] / "recipes" / "stamps.yaml"
ROUNDS, PLANTINGS, SHARE, PRECISION = 3, 10, 0.05, 0.9
SIDES: dict[str, Any] = {"score": ["image", "caption"]}


def ways() -> dict[str, Score]:
    """Ways to score the pairs; the drop tells a cascade where the bound will lie."""
    drop = {"below_quantile": SHARE}
    found = {name: Score(**SIDES, drop=drop, precision=name) for name in ("fp32", "int8")}
    for cheap in ("embedded", "distilled"):
        for unsure in (0.1, 0.3):
            cascade = Cascade(cheap=cheap, precision="int8", unsure=unsure)
            name = f"{cheap} int8, fp32 where unsure ({unsure:.0%})"
            found[name] = Score(**SIDES, drop=drop, cascade=cascade)
    return found


@dataclass(frozen=True)
class Scene:
    """The pairs as they come to `align`."""

    course: Course
    asking: Asking

    def afresh(self, table: pl.DataFrame) -> Asking:
        """Something to ask whose fits are not kept, with a meter of its own."""
        ask = self.course.beginning(table, self.asking)
        ask.meter = Meter(Governance())
        return ask

    def forget(self) -> None:
        """Remove all vectors from the store."""
        values = self.asking.store.root / "values"
        for name in ("text.embedding", "image.features", "text.vector"):
            for folder in values.glob(f"{name}-*"):
                shutil.rmtree(folder)

    def spent(self, step: Score) -> Energy:
        """On scoring all pairs, with networks in memory and no value known."""
        self.forget()
        table = self.course.living
        ask = self.afresh(table)
        ask.meter.begin()
        with ask.meter.stage("", step.title):
            step.decide(table, ask)
        return ask.meter.energy(table.height, table.height)

    def quality(self, step: Score) -> tuple[float, float]:
        """AUC, and the share of planted errors found."""
        told = [self._planted(step, number) for number in range(PLANTINGS)]
        auc, found = zip(*told, strict=True)
        return float(np.mean(auc)), float(np.mean(found))

    def _planted(self, step: Score, number: int) -> tuple[float, float]:
        table, planted = plant(self.course.living, "caption", "text", SHARE, number)
        given = step.decide(table, self.afresh(table)).columns
        assert given is not None
        known = given.drop_nulls("align")
        scores, wrong = known["align"].to_numpy(), known["pair_id"].is_in(planted.implode())
        below = np.searchsorted(np.sort(scores[wrong.to_numpy()]), scores[~wrong.to_numpy()])
        caught = recall_at(scores, wrong.to_numpy(), PRECISION)
        return float(below.mean() / wrong.sum()), caught or 0.0


@contextmanager
def scene() -> Iterator[Scene]:
    recipe = read_recipe(RECIPE)
    before = tuple(step for step in recipe.steps if not isinstance(step, Score))
    recipe = replace(recipe, steps=before, evaluations=())
    with (
        tempfile.TemporaryDirectory() as store,
        opened(recipe, Options(store=Path(store)), Silence()) as (course, asking),
    ):
        course.run(asking)
        yield Scene(course, asking)


def runtimes() -> dict[tuple[str, str], Measure]:
    """The encoder of captions by runtime and precision."""
    exported = {("ONNX Runtime", p): text_embedding(precision=p) for p in ("fp32", "int8")}
    named = ("fp32", "bf16", "fp16", "int8")
    return exported | {("torch", p): embedding("text", TEXT_MODEL, p) for p in named}


def per_thousand(scene: Scene, measure: Measure, texts: Sequence[str]) -> tuple[float, np.ndarray]:
    """Energy of a thousand of the texts in kWh, and their vectors."""
    table = scene.course.living
    scene.afresh(table).texts(measure, texts[:64])  # brings the network into memory
    scene.forget()
    ask = scene.afresh(table)
    ask.meter.begin()
    vectors = ask.texts(measure, texts)["embedding"].to_list()
    tasks = ask.meter.energy(0, 0).tasks
    kwh = sum(task.kwh or 0.0 for task in tasks)
    return kwh * 1000 / sum(task.computed for task in tasks), np.array(vectors)


def main() -> None:
    with scene() as here:
        show_ways(here)
        show_runtimes(here)


def show_ways(here: Scene) -> None:
    quality = {name: here.quality(step) for name, step in ways().items()}
    rounds = [{name: here.spent(step) for name, step in ways().items()} for _ in range(ROUNDS)]
    print("| way | mWh | of it fits | AUC | planted errors found |")
    print("|---|---:|---:|---:|---:|")
    for name, (auc, found) in quality.items():
        least = min((spent[name] for spent in rounds), key=lambda spent: spent.kwh or 0.0)
        used = {task.measure: (task.kwh or 0.0) * 1e6 for task in least.tasks}
        fits = used.get("head", 0.0) + used.get("distilled", 0.0)
        whole = sum(used.values())
        print(f"| {name} | {whole:.1f} | {fits:.1f} | {auc:.3f} | {found:.2f} |", flush=True)


def show_runtimes(here: Scene) -> None:
    texts = here.course.living["caption"].unique(maintain_order=True).to_list()
    exact: dict[str, np.ndarray] = {}
    print("\n| captions by | precision | mWh per 1,000 | cosine with fp32: least | mean |")
    print("|---|---|---:|---:|---:|")
    for (runtime, precision), measure in runtimes().items():
        kwh, vectors = per_thousand(here, measure, texts)
        near = (exact.setdefault(runtime, vectors) * vectors).sum(axis=1)
        print(
            f"| {runtime} | {precision} | {kwh * 1e6:.1f} | {near.min():.3f} | {near.mean():.4f} |"
        )


if __name__ == "__main__":
    main()
