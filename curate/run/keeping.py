"""Values on their way into the store: what was made goes under its hash, the rest onto its shelf.

It may be sent to other processes, as long as they see the store under the same path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from curate.engines.engine import Batch, Kept
from curate.errors import CurateError
from curate.measures.measure import Measure
from curate.pairs.marks import source_type
from curate.store.blobs import Blobs
from curate.store.store import Shelf


@dataclass(frozen=True)
class StoreKeeper:
    """Implements `curate.engines.engine.Keeper` over a shelf of the store."""

    measure: Measure
    shelf: Shelf
    blobs: Blobs

    def find(self, name: str) -> Kept | None:
        """What was put under a name before."""
        found = self.shelf.named(name)
        return None if found is None else Kept(*found)

    def keep(self, values: pl.DataFrame, seconds: float, name: str) -> pl.DataFrame:
        """Put values under a name; returns them as they stand in the store."""
        return self.shelf.write(self._put_aside(values), seconds, name=name)

    def keep_all(self, batches: Sequence[Batch], kwh: float | None) -> pl.DataFrame:
        """Put batches together under a name that nothing else has."""
        values = pl.concat([self._put_aside(batch.values) for batch in batches])
        return self.shelf.write(values, sum(batch.seconds for batch in batches), kwh)

    def _put_aside(self, values: pl.DataFrame) -> pl.DataFrame:
        """Values with the contents that were made with them put aside under their hashes."""
        if self.measure.makes is None:
            return values
        files = values["bytes"]
        _check_marks(self.measure, files)
        made = [None if data is None else self.blobs.put(data)[1] for data in files]
        return values.drop("bytes").with_columns(made=pl.Series(made, dtype=pl.String))


def _check_marks(measure: Measure, files: pl.Series) -> None:
    """Nothing that a machine made leaves the store without a mark that says so."""
    if any(source_type(data) is None for data in files.drop_nulls()):
        raise CurateError(
            f"{measure.name} made a file that does not say so",
            "mark what a measure makes with curate.pairs.marks.marked",
        )
