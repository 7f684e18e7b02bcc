"""Wrong pairs are drawn from other groups, of the same kind where that is possible."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from curate.fits.folds import fold_numbers
from curate.fits.mismatched import DRAWS, partners

NAMES = st.lists(st.tuples(st.integers(0, 9), st.sampled_from([None, "en", "fr"])), min_size=1)


def table(names: Sequence[tuple[int, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "pair_id": [f"{number:05d}" for number in range(len(names))],
            "fold_group": [f"g{group}" for group, _ in names],
            "null_group": [null for _, null in names],
        },
        schema_overrides={"null_group": pl.String},
    )


@given(NAMES)
def test_partners_are_foreign_of_the_fold_and_of_the_null_group(
    names: list[tuple[int, str | None]],
) -> None:
    pairs = table(names)
    found, fold = partners(pairs, 3), fold_numbers(pairs["fold_group"], 3)
    for row, drawn in enumerate(found):
        real = drawn[drawn >= 0].tolist()
        foreign = [
            other
            for other, (group, _) in enumerate(names)
            if fold[other] == fold[row] and group != names[row][0]
        ]
        alike = [other for other in foreign if names[other][1] == names[row][1]]
        assert set(real) <= set(alike or foreign)
        assert len(set(real)) == len(real) == min(DRAWS, len(alike or foreign))


def test_all_that_is_foreign_is_drawn_about_as_often() -> None:
    pairs = table([(0, None)] * 200 + [(1, None)] * 50)
    found = partners(pairs, 1)[:200]
    often = np.bincount(found.ravel(), minlength=250)
    assert often[:200].sum() == 0
    assert often[200:].min() > 4


def test_one_group_alone_has_no_partner() -> None:
    assert (partners(table([(0, "en"), (0, "fr")]), 3) == -1).all()
