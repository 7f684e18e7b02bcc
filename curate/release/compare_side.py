"""One of two releases that are compared, as its files tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.errors import CurateError
from curate.governance.energy import FILE as ENERGY
from curate.governance.energy import Energy
from curate.governance.facts import FILE as FACTS
from curate.governance.facts import Facts
from curate.ledger.verdict import LEDGER
from curate.release.evidence import EVALUATION, Evaluation, pair_columns
from curate.release.publish import manifest_of
from curate.release.reading import read_document, read_lock, read_table

if TYPE_CHECKING:
    import numpy as np

_KINDS = {EVALUATION: Evaluation, ENERGY: Energy, FACTS: Facts}


@dataclass(frozen=True)
class Side:
    """A release, read where it is asked."""

    folder: Path
    manifest: Mapping[str, Any]

    @classmethod
    def of(cls, folder: Path) -> Side:
        """Raises `CurateError` for what is no release."""
        return cls(folder, manifest_of(folder))

    @property
    def title(self) -> str:
        return f"{self.manifest['name']} {self.manifest['version']}"

    @cached_property
    def lock(self) -> dict[str, Any]:
        return read_lock(self.folder)

    @cached_property
    def pairs(self) -> pl.DataFrame:
        pairs = read_table(self.folder / "pairs.parquet", pair_columns(self.lock))
        split = [] if "split" in pairs.columns else [pl.lit("train").alias("split")]
        return pairs.with_columns(split)

    @cached_property
    def kept(self) -> pl.DataFrame:
        return self.pairs.filter(pl.col("status") == "kept")

    @cached_property
    def decisions(self) -> pl.DataFrame:
        return read_table(self.folder / "decisions.parquet", LEDGER)

    @property
    def fields(self) -> dict[str, dict[str, Any]]:
        """The recipe's fields, as the lock has them."""
        fields: dict[str, dict[str, Any]] = self.lock["recipe"]["fields"]
        return fields

    @property
    def held(self) -> list[str]:
        """The columns of `pairs.parquet` that say what a pair holds: contents' keys, metadata."""
        return [
            n if field["type"] == "metadata" else f"{n}_sha256" for n, field in self.fields.items()
        ]

    def document(self, name: str) -> Any:
        """A JSON document of the release, None where there is none that can be read."""
        return None if self.lacks(name) else json.loads((self.folder / name).read_text())

    def lacks(self, name: str) -> str | None:
        """Why a JSON document of the release cannot be read; None where it can."""
        if not (self.folder / name).is_file():
            return f"{name}: not in {self.title}"
        try:
            read_document(self.folder / name, _KINDS[name])
        except CurateError as error:
            return f"{name} of {self.title}: {error.message.partition(f'{name} ')[2]}"
        return None


@dataclass(frozen=True)
class Space:
    """Where the pairs of both releases lie for one encoder: each distinct content once."""

    of: str
    vectors: np.ndarray[Any, np.dtype[np.float64]]
    in_a: np.ndarray[Any, np.dtype[np.float64]]
    in_b: np.ndarray[Any, np.dtype[np.float64]]
