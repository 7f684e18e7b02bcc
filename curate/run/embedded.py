"""The embeddings that a recipe's `align` step used, as far as the store holds them: nothing is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from curate.pairs.draw import uniform
from curate.report.map import Embedded
from curate.steps.score import Score
from curate.steps.side import arrays

if TYPE_CHECKING:
    from curate.recipe.recipe import Recipe
    from curate.run.asking import Asking
    from curate.run.course import Course
    from curate.steps.side import View

MOST = 4000
"""Pairs whose vectors are read."""


def embedded(course: Course, asking: Asking, first: Sequence[str]) -> Embedded | None:
    """Vectors of the pairs `first` and of others drawn by their ids; None where no step embeds any."""
    return embedded_in(course.table, course.recipe, asking, first)


def embedded_in(
    pairs: pl.DataFrame, recipe: Recipe, asking: Asking, first: Sequence[str]
) -> Embedded | None:
    """The same of any table with `pair_id` and the keys of contents, such as `pairs.parquet`."""
    seen = _view(recipe)
    if seen is None:
        return None
    shelf = asking.shelf(seen.measure)
    keys = pairs.select("pair_id", key=f"{seen.field}_sha256").drop_nulls()
    known = shelf.keys(keys["key"].unique())
    there = keys.filter(pl.col("key").is_in(known.implode())).sort("pair_id")
    if not there.height:
        return None
    chosen = there.filter(pl.col("pair_id").is_in(_drawn(there["pair_id"], first).implode()))
    values = shelf.read(chosen["key"].unique(), [seen.features]).rename({seen.features: "vector"})
    vectors = arrays(chosen.join(values.drop_nulls(), on="key", maintain_order="left"))
    return Embedded(seen.field, _encoder(seen), vectors.select("pair_id", "vector"), there.height)


def _view(recipe: Recipe) -> View | None:
    """How the first step that compares embeddings sees its first side that is no text."""
    steps = (s for s in recipe.steps if isinstance(s, Score) and s.scorer is None)
    step = next(steps, None)
    if step is None:
        return None
    views = [seen for side in step.sides for seen in side.views(recipe.fields)]
    return min(views, key=lambda seen: recipe.fields[seen.field].type == "text")


def _encoder(seen: View) -> str:
    models = seen.measure.models.values()
    return ", ".join(models) or seen.measure.name


def _drawn(pair_ids: pl.Series, first: Sequence[str]) -> pl.Series:
    wanted = pair_ids.is_in(list(first))
    others = pair_ids.filter(~wanted)
    if others.len() > MOST:
        others = others.gather(uniform(others, 0, "map").arg_sort().head(MOST))
    return pl.concat([pair_ids.filter(wanted), others]).head(MOST)
