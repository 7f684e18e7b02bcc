"""One line of the ledger: what a step said about a pair, and why."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import polars as pl

Verdict: TypeAlias = Literal[
    "keep",
    "drop",
    "merge",
    "paired",
    "change",
    "add",
    "review",
    "flag",
    "redact",
    "not_assessed",
    "unreadable",
    "refused",
    "reject",
]
VERDICTS: tuple[str, ...] = get_args(Verdict)

LEAVES: tuple[str, ...] = ("drop", "paired", "unreadable", "refused", "reject")
"""Verdicts after which a pair is out: `paired` is a part that lives on in the pairs made of it,
`reject` what was made and not trusted; such a pair never was in.
`merge` lines speak of a row that was no pair of its own."""

VERDICT: dict[str, type[pl.DataType]] = {
    "pair_id": pl.String,
    "verdict": pl.String,
    "reason": pl.String,
    "score": pl.Float64,
    "threshold": pl.Float64,
    "related_id": pl.String,
    "detail": pl.String,
}

LEDGER: dict[str, type[pl.DataType]] = {
    "pair_id": pl.String,
    "step": pl.String,
    "name": pl.String,
    **{name: dtype for name, dtype in VERDICT.items() if name != "pair_id"},
}


def verdicts(frame: pl.DataFrame) -> pl.DataFrame:
    """Complete a frame of verdicts: missing columns are null, a missing verdict is `keep`."""
    empty = [pl.lit(None, dtype).alias(n) for n, dtype in VERDICT.items() if n not in frame.columns]
    return (
        frame.with_columns(empty)
        .select(pl.col(name).cast(dtype) for name, dtype in VERDICT.items())
        .with_columns(pl.col("verdict").fill_null("keep"))
    )


def unreadable(keys: pl.DataFrame) -> pl.DataFrame:
    """Verdicts for `pair_id`, `error` (null where fine), the field's name in `field`."""
    bad = pl.col("error").is_not_null()
    return keys.select(
        "pair_id",
        verdict=pl.when(bad).then(pl.lit("unreadable")).otherwise(pl.lit("keep")),
        reason=pl.when(bad).then(pl.col("field") + " unreadable"),
        detail=pl.when(bad).then(pl.col("field") + ": " + pl.col("error")),
    )
