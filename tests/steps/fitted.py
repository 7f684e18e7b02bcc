"""An `Ask` for steps that only fit: nothing is measured, nothing is kept."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from curate.fits.fit import Fit
from curate.measures.measure import Measure
from curate.pairs.field import Fields


@dataclass
class Fitted:
    """Every pair is a copy of none, unless `copies` (`pair_id`, `component`) says so."""

    fields: Fields
    copies: pl.DataFrame

    def fit(self, fit: Fit, table: pl.DataFrame) -> pl.DataFrame:
        module, _, factory = fit.compute.partition(":")
        result: pl.DataFrame = getattr(importlib.import_module(module), factory)(fit)(table)
        return result

    def others(self, path: str) -> pl.DataFrame:
        raise NotImplementedError

    def document(self, path: str) -> str:
        raise NotImplementedError

    def components(self) -> pl.DataFrame:
        return self.copies

    def measure(self, measures: Measure | Sequence[Measure], keys: pl.Series) -> pl.DataFrame:
        raise NotImplementedError

    def compare(self, measure: Measure, edges: pl.DataFrame) -> pl.DataFrame:
        raise NotImplementedError

    def hold(self, texts: pl.Series) -> pl.Series:
        raise NotImplementedError

    def texts(self, measure: Measure, texts: Sequence[str]) -> pl.DataFrame:
        raise NotImplementedError


def alone(fields: Fields, table: pl.DataFrame) -> Fitted:
    """No pair of the table is a copy of another."""
    return Fitted(fields, table.select("pair_id", component="pair_id"))
