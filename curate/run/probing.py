"""The probes of a recipe, run over its pairs without making a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.errors import DataError
from curate.evaluation.probe import Probed
from curate.run.build import Options, opened
from curate.run.evaluating import scene_of
from curate.run.progress import Progress, Silence

if TYPE_CHECKING:
    from curate.evaluation.probes import Probes
    from curate.recipe.recipe import Recipe


def probed(
    recipe: Recipe,
    probes: Probes,
    options: Options | None = None,
    progress: Progress | None = None,
) -> Probed:
    """Run the recipe's steps, then its probes; raises `CurateError`. Nothing is published."""
    with opened(recipe, options or Options(), progress or Silence()) as (course, asking):
        course.run(asking)
        if not course.alive.len():
            raise DataError("no pair is left that a probe could plant anything in")
        with scene_of(course, asking) as scene:
            found = probes.probe(scene)
    return Probed(recipe=recipe.name, version=recipe.version, probes=tuple(found))
