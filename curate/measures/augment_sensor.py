"""Streams of sensors scaled, shaken and interrupted, in this order; their clock stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from curate.measures.augment import Chance, computing, drawing
from curate.measures.measure import Compute, Measure
from curate.measures.sensor import stream_hash
from curate.pairs.marks import ALTERED
from curate.pairs.sensor import Stream, write_stream

Values: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"


def augment(measure: Measure, models: Mapping[str, Path]) -> Compute:
    return partial(computing, alter=altered)(measure, models)


def altered(stream: Stream, by: Mapping[str, float], seed: int) -> bytes | None:
    draw = drawing(stream_hash(stream), seed)
    values: Values = stream.values
    for name, alter in ALTERATIONS.items():
        if name in by:
            values = alter(values, by[name], draw(name))
    if np.array_equal(values, stream.values, equal_nan=True):
        return None
    return write_stream(Stream(stream.times, values, stream.names), ALTERED)


def scaling(values: Values, most: float, chance: Chance) -> Values:
    """Each channel by a factor of its own, between 1 - most and 1 + most."""
    factors: Values = chance.uniform(1 - most, 1 + most, values.shape[1])
    return values * factors


def jitter(values: Values, most: float, chance: Chance) -> Values:
    """Noise of at most this share of what each channel varies by (standard deviation)."""
    known = np.ma.masked_invalid(values)
    varies = known.std(axis=0).filled(0.0)
    shaken: Values = values + chance.normal(size=values.shape) * varies * chance.uniform(0, most)
    return shaken


def dropout(values: Values, most: float, chance: Chance) -> Values:
    """A stretch of at most this share of the samples in which no channel says anything."""
    wide = int(chance.integers(1, max(1, round(len(values) * most)), endpoint=True))
    first = int(chance.integers(len(values) - wide, endpoint=True))
    left = values.copy()
    left[first : first + wide] = np.nan
    return left


ALTERATIONS: dict[str, Callable[[Values, float, Chance], Values]] = {
    "scaling": scaling,
    "jitter": jitter,
    "dropout": dropout,
}
