"""Labels found among neighbours: nearest known pairs, by what has seen neither a pair nor its copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from curate.fits.neighbours import factory, neighbours

COUNT, WIDTH, KINDS = 240, 8, 20


def pairs(seed: int = 0) -> pl.DataFrame:
    """Left sides of twenty kinds; a pair's right side says its kind, a third of them lack it."""
    chance = np.random.default_rng(seed)
    kind = np.arange(COUNT) % KINDS
    lefts, rights = chance.normal(size=(KINDS, 12)), chance.normal(size=(KINDS, WIDTH))
    left = lefts[kind] + 0.3 * chance.normal(size=(COUNT, 12))
    lacking = np.arange(COUNT) % 3 == 2
    right = [
        None if lost else rights[one].tolist() for one, lost in zip(kind, lacking, strict=True)
    ]
    names = [f"{number:03d}" for number in range(COUNT)]
    return pl.DataFrame(
        {
            "pair_id": names,
            "fold_group": names,
            "learn": [True] * COUNT,
            "asked": [True] * COUNT,
            "left": pl.Series(left.tolist(), dtype=pl.Array(pl.Float64, 12)),
            "right": pl.Series(right, dtype=pl.Array(pl.Float64, WIDTH)),
            "right_key": [None if lost else str(k) for k, lost in zip(kind, lacking, strict=True)],
        }
    )


def found(table: pl.DataFrame, count: int = 5) -> pl.DataFrame:
    return factory(neighbours(count=count))(table)


def kinds(names: pl.Series) -> Any:
    return names.cast(pl.Int64).to_numpy() % KINDS


def test_neighbours_say_what_a_pair_lacks() -> None:
    told = found(pairs())
    assert told["pair_id"].to_list() == pairs()["pair_id"].to_list()
    assert (kinds(told["chosen"]) == kinds(told["pair_id"])).mean() > 0.7
    assert told["confidence"].is_between(0, 1).all()
    assert told["neighbours"].list.len().unique().to_list() == [5]


def test_neighbours_that_say_the_same_are_one() -> None:
    for names in found(pairs())["neighbours"]:
        assert len(set(kinds(names))) == len(names)


def test_only_pairs_that_have_both_sides_are_neighbours() -> None:
    table = pairs().with_columns(learn=pl.col("pair_id") > "020")
    cited = found(table)["neighbours"].explode().unique()
    assert (cited.cast(pl.Int64) % 3 != 2).all()
    assert (cited > "020").all()


def test_no_pair_is_told_by_itself_or_its_copies() -> None:
    """What a group of copies says changes nothing for them, and they never cite one another."""
    group = pl.col("pair_id").is_in(["000", "001", "003", "004"])
    table = pairs().with_columns(
        fold_group=pl.when(group).then(pl.lit("copies")).otherwise("fold_group")
    )
    other = pl.lit([1.0] * WIDTH, pl.Array(pl.Float64, WIDTH))
    changed = table.with_columns(
        right=pl.when(group).then(other).otherwise("right"),
        right_key=pl.when(group).then(pl.lit("other")).otherwise("right_key"),
    )
    before, after = (found(one).filter(group) for one in (table, changed))
    assert before.equals(after)
    assert not set(before["neighbours"].explode()) & set(before["pair_id"])


def test_the_order_of_rows_does_not_matter() -> None:
    order = np.random.default_rng(0).permutation(COUNT)
    assert found(pairs()[order]).equals(found(pairs()))


def test_why_there_is_no_label() -> None:
    table = pairs()
    assert found(table[:60])["note"].unique().to_list() == ["too few pairs to learn from"]
    bare = table.with_columns(left=pl.when(pl.col("pair_id") != "007").then("left"))
    assert found(bare).filter(pair_id="007")["note"].item() == "nothing to compare by"
