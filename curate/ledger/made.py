"""One line of `made.parquet`: a content that a machine made, taken into a pair or not, and how.

Of a label `pair_id` is the pair that was given it, `replaced` the
value that it took the place of; of a synthetic content it is the new pair, accepted or rejected.
"""

from __future__ import annotations

from typing import Any

import polars as pl

MADE: dict[str, Any] = {
    "pair_id": pl.String,
    "field": pl.String,
    "value": pl.String,
    "replaced": pl.String,
    "generator": pl.String,
    "prompt": pl.String,
    "settings": pl.String,
    "seed": pl.Int64,
    "confidence": pl.Float64,
    "accepted": pl.Boolean,
}
"""`value` is a text or a label, of media the hash of the content; `generator` a model's reference
or the name of a method, `settings` canonical JSON of everything else that was chosen."""

REPORTED: dict[str, Any] = {
    "step": pl.String,
    "name": pl.String,
    **MADE,
    "revision": pl.String,
}
"""What a release holds of all steps; `revision` is the hash of the generator's files."""


def made(frame: pl.DataFrame) -> pl.DataFrame:
    """Complete a frame of made contents: missing columns are null."""
    empty = [pl.lit(None, dtype).alias(n) for n, dtype in MADE.items() if n not in frame.columns]
    return frame.with_columns(empty).select(pl.col(n).cast(dtype) for n, dtype in MADE.items())
