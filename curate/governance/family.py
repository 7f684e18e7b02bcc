"""Many tests at once: Holm's step-down, whatever they have to do with one another.

Holm, A simple sequentially rejective multiple test procedure, 1979: the chance of any false
rejection stays below the level, for all tests together.
"""

from __future__ import annotations

from collections.abc import Sequence


def holm(values: Sequence[float]) -> list[float]:
    """Adjusted p values, each to be held against the level of the family."""
    order = sorted(range(len(values)), key=values.__getitem__)
    adjusted, largest = [1.0] * len(values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(values) - rank) * values[place]))
        adjusted[place] = largest
    return adjusted
