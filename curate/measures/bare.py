"""Files without what they say of people and places (`curate.pairs.bare`): only those that said any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import Unreadable
from curate.measures.measure import Compute, Measure

BARE: dict[str, pl.DataType | type[pl.DataType]] = {
    "bytes": pl.Binary,
    "gone": pl.List(pl.String),
    "untouched": pl.String,
}
"""The file made bare, null where nothing was taken out; what was; why none could be, if so."""


def bare(modality: str) -> Measure:
    """Media of one modality; of a recording its whole file, whatever span of it is meant."""
    return Measure(
        name=f"{modality}.bare",
        version=1,
        of=(modality,),
        returns=BARE,
        compute="curate.measures.bare:stripped",
        view="bytes",
        libraries=("pillow",) if modality == "image" else (),
        chunk=64,
    )


def stripped(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(payloads: Sequence[Any]) -> pl.DataFrame:
        files = [data if isinstance(data, bytes) else data.data for data in payloads]
        return pl.DataFrame([_one(data) for data in files], schema=BARE, orient="row")

    return compute


def _one(data: bytes) -> tuple[bytes | None, list[str], str | None]:
    from curate.pairs.bare import bare as made_bare

    try:
        made, gone = made_bare(data)
    except Unreadable as error:
        return None, [], error.message
    return (made if gone else None), list(gone), None
