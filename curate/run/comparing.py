"""Two releases compared, with what the measure store of the workspace still knows of their contents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from curate.errors import CurateError
from curate.evaluation.drift import MOST
from curate.pairs.draw import uniform
from curate.recipe import read_recipe
from curate.release.compare import compared
from curate.release.compare_side import Side as Compared
from curate.release.compare_side import Space
from curate.release.published import workspace_of
from curate.run.asking import NotMeasured
from curate.run.build import store_folder_of
from curate.run.known import known
from curate.steps.score import Score
from curate.steps.side import Side
from curate.store.store import MeasureStore

if TYPE_CHECKING:
    from curate.release.comparison import Comparison
    from curate.run.asking import Asking


def compare(a: Path | str, b: Path | str) -> Comparison:
    """What tells release `b` from `a`; raises `CurateError` for what is no release."""
    then, now = Compared.of(Path(a)), Compared.of(Path(b))
    missing: list[str] = []
    return compared(then, now, list(_spaces(then, now, missing)), missing)


def _spaces(a: Compared, b: Compared, missing: list[str]) -> Iterator[Space]:
    """Of every side that the later recipe compares by embeddings, and the earlier one has too."""
    try:
        recipe = read_recipe(b.folder / "recipe.yaml", alone=True)
        sides = _sides(recipe.steps)
        store = MeasureStore(store_folder_of(workspace_of(b.folder) or b.folder.parent))
        if not sides:
            missing.append("embeddings: the recipe has no `align: {score: …}`, which makes them")
            return
        if not store.root.is_dir():
            missing.append(f"embeddings: there is no measure store at {store.root}")
            return
        with store.opened():
            ask = known(recipe.fields, store)
            for side in sides:
                yield from _space(side, a, b, ask, missing)
    except CurateError as error:
        missing.append(f"embeddings: {error.message.splitlines()[0]}")


def _sides(steps: tuple[object, ...]) -> list[Side]:
    found: list[Side] = []
    for step in steps:
        if isinstance(step, Score) and step.scorer is None:
            found += [side for side in step.sides if side not in found]
    return found


def _space(
    side: Side, a: Compared, b: Compared, ask: Asking, missing: list[str]
) -> Iterator[Space]:
    name = " + ".join(side.fields)
    keys = [f"{field}_sha256" for field in side.fields]
    if not set(keys) <= set(a.pairs.columns):
        missing.append(f"embeddings of {name}: not in {a.title}")
        return
    rows = _drawn(a, b, keys)
    try:
        vectors = side.vectors(rows, ask)
    except NotMeasured:
        missing.append(f"embeddings of {name}: the store does not hold all of them any more")
        return
    there = vectors["vector"].is_not_null().to_numpy()
    if there.any():
        found = vectors.filter(there)["vector"].to_numpy().astype(np.float64)
        marks = (rows[column].to_numpy()[there].astype(np.float64) for column in ("in_a", "in_b"))
        yield Space(name, found, *marks)


def _drawn(a: Compared, b: Compared, keys: list[str]) -> pl.DataFrame:
    """Pairs of either release, at most `MOST`, by chance; one whose content changed counts twice."""
    named = ["pair_id", *keys]
    both = (
        a.kept.select(named, in_a=1)
        .join(b.kept.select(named, in_b=1), on=named, how="full", coalesce=True, nulls_equal=True)
        .with_columns(pl.col("in_a", "in_b").fill_null(0))
    )
    whole = both.filter(pl.all_horizontal(pl.col(keys).is_not_null()))
    names = pl.concat_str(named, separator=" ")
    order = uniform(whole.select(names).to_series(), 0, "diff")
    chosen = whole.with_columns(order=order).sort("order", "pair_id").head(MOST)
    return chosen.with_columns(pair_id=pl.int_range(pl.len()).cast(pl.String)).drop("order")
