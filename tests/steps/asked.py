"""An `ask` that computes everything at once from payloads, for steps tested on their own."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from pydantic import TypeAdapter

from curate.fits.fit import Fit
from curate.measures.measure import Compute, Measure
from curate.pairs.field import Field, Fields


def fields(**types: str) -> Fields:
    """Fields by name, all of them optional."""
    read = TypeAdapter(Field).validate_python
    return {name: read({"type": type_}) for name, type_ in types.items()}


@dataclass
class Asked:
    """Implements `curate.steps.step.Ask`; `payloads` by key, in the view that is asked for."""

    fields: Fields
    payloads: Mapping[str, Any]

    def measure(self, measures: Measure | Sequence[Measure], keys: pl.Series) -> pl.DataFrame:
        assert isinstance(measures, Measure)
        keys = keys.drop_nulls().unique().sort()
        values = _code(measures)([self.payloads[key] for key in keys])
        return _complete(pl.DataFrame({"key": keys}).hstack(values))

    def compare(self, measure: Measure, edges: pl.DataFrame) -> pl.DataFrame:
        edges = edges.select("left", "right").unique().sort("left", "right")
        both = [(self.payloads[left], self.payloads[right]) for left, right in edges.iter_rows()]
        return _complete(edges.hstack(_code(measure)(both)))

    def fit(self, fit: Fit, table: pl.DataFrame) -> pl.DataFrame:
        found: pl.DataFrame = _found(fit.compute)(fit)(table)
        return found

    def texts(self, measure: Measure, texts: Sequence[str]) -> pl.DataFrame:
        raise NotImplementedError

    def hold(self, texts: pl.Series) -> pl.Series:
        raise NotImplementedError

    def others(self, path: str) -> pl.DataFrame:
        raise NotImplementedError

    def document(self, path: str) -> str:
        raise NotImplementedError

    def components(self) -> pl.DataFrame:
        raise NotImplementedError


def _code(measure: Measure) -> Compute:
    compute: Compute = _found(measure.compute)(measure, {})
    return compute


def _found(name: str) -> Any:
    module, _, factory = name.partition(":")
    return getattr(importlib.import_module(module), factory)


def _complete(values: pl.DataFrame) -> pl.DataFrame:
    if "error" in values.columns:
        return values
    return values.with_columns(error=pl.lit(None, pl.String))
