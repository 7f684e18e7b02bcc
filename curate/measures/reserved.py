"""What media files say of mining and training themselves: `reserved`, text, null where nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from curate.measures.measure import Compute, Measure
from curate.pairs.reservations import reservation
from curate.pairs.span import Recording


def file_reserved(modality: str) -> Measure:
    """As `curate.pairs.reservations` says; of a span, of the whole file."""
    return Measure(
        name=f"{modality}.reserved",
        version=1,
        of=(modality,),
        returns={"reserved": pl.String},
        compute="curate.measures.reserved:reserved",
        view="bytes",
        chunk=256,
    )


def reserved(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(payloads: Sequence[bytes | Recording]) -> pl.DataFrame:
        files = (each.data if isinstance(each, Recording) else each for each in payloads)
        return pl.DataFrame({"reserved": map(reservation, files)}, {"reserved": pl.String})

    return compute
