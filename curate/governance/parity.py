"""Fairlearn's metrics under its own names, from counts.

Each group gives two rows, what was kept and what was not, weighted by how many they are, so that a
million pairs cost no more than ten. Only groups that are judged are given to it: it says nothing of
how little a group of two pairs means. Its names and definitions: fairlearn 0.15, `fairlearn.metrics`.
"""

from __future__ import annotations

from collections.abc import Sequence

from curate.governance.estimate import DECIMALS, Record
from curate.governance.selection import Level


class Parity(Record):
    """A field's groups that are large enough to judge, together."""

    selection_rate: float
    """Of all of them."""
    demographic_parity_difference: float
    """The highest group's rate minus the lowest one's."""
    demographic_parity_ratio: float | None
    """The lowest over the highest; None where nothing was kept."""


def parity(levels: Sequence[Level]) -> Parity | None:
    """None where fewer than two groups are judged."""
    from fairlearn.metrics import (
        demographic_parity_difference,
        demographic_parity_ratio,
        selection_rate,
    )

    rows = [
        (level.level, kept, n)
        for level in levels
        if level.not_judged is None and level.n is not None and level.kept is not None
        for kept, n in ((1, level.kept), (0, level.n - level.kept))
    ]
    if len(rows) < 4:
        return None
    groups, kept, weights = (list(column) for column in zip(*rows, strict=True))
    by_group = {"sensitive_features": groups, "sample_weight": weights}
    rate = float(selection_rate(kept, kept, sample_weight=weights))
    return Parity(
        selection_rate=round(rate, DECIMALS),
        demographic_parity_difference=round(
            float(demographic_parity_difference(kept, kept, **by_group)), DECIMALS
        ),
        demographic_parity_ratio=round(
            float(demographic_parity_ratio(kept, kept, **by_group)), DECIMALS
        )
        if rate
        else None,
    )
