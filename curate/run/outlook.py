"""What a build has before it: its stages, and what each of them says that it needs and the store lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from curate.errors import CurateError
from curate.run.forecast import Coming, Need
from curate.run.order import Complete, Decode, in_order, joining

if TYPE_CHECKING:
    from curate.measures.measure import Measure
    from curate.recipe.recipe import Recipe
    from curate.run.asking import Asking
    from curate.run.course import Course

RELEASE = "release"
"""The stage in which all of a release is made."""


class Named(NamedTuple):
    """A stage before anything is counted for it."""

    title: str
    needs: Sequence[tuple[Measure, str]] = ()
    """Each with its content."""
    lasts: bool = False
    """As `Coming` says."""


class Counting:
    """Counts what is missing where it is first asked for."""

    def __init__(self, asking: Asking) -> None:
        self.asking = asking
        self._counted: dict[str, pl.Series] = {}

    def need(self, measure: Measure, keys: pl.Series, *, lacking: bool = True) -> Need:
        """What one measure has and lacks; a stage that could be decided lacks nothing, since it asked
        for less than it might have.
        """
        shelf = self.asking.shelf(measure)
        task = shelf.folder.name
        missing = self.asking.missing(measure, keys)
        known = keys.len() - missing.len()
        missing = missing if lacking else missing.clear()
        before = self._counted.get(task)
        new = missing if before is None else missing.filter(~missing.is_in(before.implode()))
        self._counted[task] = new if before is None else pl.concat([before, new])
        models = tuple(measure.models.values()) if new.len() else ()
        return Need(task, measure.name, known, new.len(), shelf.size_of_value(), models)


def evaluating(word: str) -> str:
    """The title of an evaluation's stage."""
    return f"evaluate {word}"


def outlook(course: Course, asking: Asking) -> list[Coming]:
    """The stages of a whole build, in order, for the pairs that are in now. It leaves no trace: the build
    may never ask for what is looked at here.
    """
    aside = replace(asking, compute=False, asked={}, revisions=dict(asking.revisions))
    counting, table = Counting(aside), course.living
    return [
        Coming(title, table.height, _counted(counting, needs, table), lasts)
        for title, needs, lasts in [*stages(course), *closing(course.recipe)]
    ]


def stages(course: Course) -> list[Named]:
    """What runs over pairs."""
    recipe, found = course.recipe, [Named("read", course.headers)]
    for action in [*joining(recipe.steps), *in_order(recipe.steps, recipe.fields)]:
        if isinstance(action, Decode):
            found.append(Named("decode", course.contents))
        elif not isinstance(action, Complete):
            found.append(Named(action.title, action.needs(recipe.fields), lasts=action.fits))
    return found


def closing(recipe: Recipe) -> list[Named]:
    """What runs when all is decided."""
    evaluations = [Named(evaluating(each.word), lasts=True) for each in recipe.evaluations]
    return [*evaluations, Named(RELEASE)]


def _counted(
    counting: Counting, needs: Sequence[tuple[Measure, str]], table: pl.DataFrame
) -> list[Need]:
    found = []
    for measure, content in needs:
        keys = table[f"{content}_sha256"].drop_nulls().unique()
        try:
            found.append(counting.need(measure, keys))
        except CurateError:  # its model is not there: who asks for it says so, if anybody does
            continue
    return found
