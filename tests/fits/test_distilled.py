"""What a cheap scorer says in an expensive one's place."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from curate.fits.distilled import distilled, factory


def pairs(count: int = 200, taught: float = 0.5) -> pl.DataFrame:
    """Expensive scores that follow the cheap ones, and what only the left side's vector tells."""
    chance = np.random.default_rng(3)
    left, right = chance.normal(size=(2, count, 4))
    cheap = chance.normal(size=count)
    learn = chance.random(count) < taught
    return pl.DataFrame(
        {
            "pair_id": [f"{n:03d}" for n in range(count)],
            "fold_group": [f"g{n // 2}" for n in range(count)],
            "learn": learn,
            "cheap": cheap,
            "expensive": 3 * cheap + 1 + 2 * np.sign(left[:, 0]),
            "left": pl.Series(left.tolist(), dtype=pl.Array(pl.Float32, 4)),
            "right": pl.Series(right.tolist(), dtype=pl.Array(pl.Float32, 4)),
        }
    )


def told(table: pl.DataFrame) -> np.ndarray:
    return factory(distilled())(table)["predicted"].to_numpy()


def test_a_line_is_found_again() -> None:
    table = pairs().with_columns(expensive=3 * pl.col("cheap") + 1).drop("left", "right")
    assert told(table) == pytest.approx(table["expensive"].to_numpy(), abs=1e-5)


def test_vectors_tell_what_the_cheap_score_does_not() -> None:
    table = pairs()
    exact = table["expensive"].to_numpy()
    by_line, by_both = told(table.drop("left", "right")), told(table)
    assert np.abs(by_both - exact).mean() < 0.7 * np.abs(by_line - exact).mean()


def test_no_pair_is_told_by_its_own_group() -> None:
    table = pairs()
    of_group = pl.col("fold_group") == "g7"
    changed = table.with_columns(
        expensive=pl.when(of_group).then(1e6).otherwise(pl.col("expensive"))
    )
    before, after = told(table), told(changed)
    own = (table["fold_group"] == "g7").to_numpy()
    assert np.array_equal(before[own], after[own])
    assert not np.array_equal(before, after)


def test_too_few_teach_nothing() -> None:
    assert np.isnan(told(pairs(taught=0.1)).astype(float)).all()
