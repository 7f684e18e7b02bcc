"""Values on their way into the store: what was made goes under its hash, the rest onto its shelf.

It may be sent to other processes: those put values where they belong if they see the store under the
same path, else into a depot, out of which the build settles them. How a decoder ended is told and not
kept: it may do better the next time (`curate.pairs.limited`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from curate.engines.engine import Batch, Kept
from curate.errors import CurateError
from curate.measures.measure import Measure
from curate.pairs.identity import content_hash
from curate.pairs.limited import PASSING
from curate.pairs.marks import source_type
from curate.store.blobs import Blobs
from curate.store.depot import Depot
from curate.store.forgotten import Forgotten
from curate.store.store import Shelf


@dataclass(frozen=True)
class StoreKeeper:
    """Implements `curate.engines.engine.Keeper` over a shelf of the store."""

    measure: Measure
    shelf: Shelf
    blobs: Blobs
    depot: Depot | None = None

    def find(self, name: str) -> Kept | None:
        """What was put under a name before."""
        if self.depot is None:
            found = self.shelf.named(name)
        else:
            found = self.depot.values(self.shelf.folder.name, name)
        return None if found is None else Kept(*found)

    def keep(self, values: pl.DataFrame, seconds: float, name: str) -> pl.DataFrame:
        """Put values under a name; returns them as they stand in the store, and what is not kept."""
        rows = self.shelf.cast(self._put_aside(values, self._leave_blob))
        if self.depot is None:
            self.shelf.write(_lasting(rows), seconds, name=name)
        else:
            self.depot.put_values(self.shelf.folder.name, name, _lasting(rows), seconds)
        return rows

    def settle(self, batch: Batch) -> pl.DataFrame:
        """Take into the store what a worker has kept; nothing is to be done if it put it there."""
        assert batch.kept is not None
        return self._take(batch.kept, Kept(batch.values, batch.seconds))

    def collect(self, forgotten: Forgotten) -> None:
        """Take what a build that was killed has left in the depot, but for what is forgotten."""
        for name in self.depot.names(self.shelf.folder.name) if self.depot else ():
            left = self.find(name) or Kept(pl.DataFrame(schema=self.shelf.row), 0.0)
            known = left.values.filter(~forgotten.contents(left.values["key"]))
            self._take(name, Kept(known, left.seconds))

    def keep_all(self, batches: Sequence[Batch], kwh: float | None) -> pl.DataFrame:
        """Put batches together under a name that nothing else has."""
        values = pl.concat([self._put_aside(batch.values, self._put_blob) for batch in batches])
        rows = self.shelf.cast(values)
        self.shelf.write(_lasting(rows), sum(batch.seconds for batch in batches), kwh)
        return rows

    def _take(self, name: str, kept: Kept) -> pl.DataFrame:
        """Out of the depot into the store: first there, then no longer here."""
        if self.depot is None:
            return kept.values
        made = self._made(kept.values)
        for key in made:
            if (content := self.depot.blob(key)) is not None:
                self.blobs.put(content)
        rows = self.shelf.cast(kept.values)
        if (lasting := _lasting(rows)).height:
            self.shelf.write(lasting, kept.seconds, name=name)
        self.depot.remove(self.shelf.folder.name, name)
        for key in made:
            self.depot.remove_blob(key)
        return rows

    def _made(self, values: pl.DataFrame) -> list[str]:
        return [] if self.measure.makes is None else values["made"].drop_nulls().unique().to_list()

    def _put_blob(self, content: bytes) -> str:
        return self.blobs.put(content)[1]

    def _leave_blob(self, content: bytes) -> str:
        if self.depot is None:
            return self._put_blob(content)
        self.depot.put_blob(key := content_hash(content), content)
        return key

    def _put_aside(self, values: pl.DataFrame, put: Callable[[bytes], str]) -> pl.DataFrame:
        """Values with the contents that were made with them put aside under their hashes."""
        if self.measure.makes is None:
            return values
        files = values["bytes"]
        _check_marks(self.measure, files)
        made = [None if data is None else put(data) for data in files]
        return values.drop("bytes").with_columns(made=pl.Series(made, dtype=pl.String))


def _lasting(rows: pl.DataFrame) -> pl.DataFrame:
    """What is a value of its content, whatever machine asks for it and when."""
    return rows.filter(~pl.col("error").fill_null("").str.starts_with(PASSING))


def _check_marks(measure: Measure, files: pl.Series) -> None:
    """Nothing that a machine made leaves the store without a mark that says so."""
    if any(source_type(data) is None for data in files.drop_nulls()):
        raise CurateError(
            f"{measure.name} made a file that does not say so",
            "mark what a measure makes with curate.pairs.marks.marked",
        )
