"""What can be said of a text alone: its size, how much it repeats itself, its language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import CurateError
from curate.measures.measure import Compute, Measure

TEXT_COUNTS = Measure(
    name="text.counts",
    version=1,
    of=("text",),
    returns={"words": pl.Int64, "characters": pl.Int64, "repetition": pl.Float64},
    compute="curate.measures.text:counts",
    chunk=4096,
)
"""Words between white space, Unicode characters, and the share of words that stood before."""


def counts(measure: Measure, models: Mapping[str, Path]) -> Compute:
    def compute(texts: Sequence[str]) -> pl.DataFrame:
        words = pl.col("text").str.to_lowercase().str.extract_all(r"\S+")
        total, distinct = words.list.len(), words.list.n_unique()
        return pl.DataFrame({"text": list(texts)}, schema={"text": pl.String}).select(
            words=total.cast(pl.Int64),
            characters=pl.col("text").str.len_chars().cast(pl.Int64),
            repetition=pl.when(total > 0).then(1 - distinct / total).otherwise(0.0),
        )

    return compute


def text_language(among: Sequence[str] = ()) -> Measure:
    """The most likely language (ISO 639-1) among all that lingua knows or these, and its probability.

    Source: lingua-language-detector's n-gram models, made for short texts. Texts without letters
    have no language.
    """
    return Measure(
        name="text.language",
        version=1,
        of=("text",),
        returns={"language": pl.String, "language_probability": pl.Float64},
        compute="curate.measures.text:language",
        params={"among": sorted(among)} if among else {},
        libraries=("lingua-language-detector",),
        extra="language",
        chunk=256,
    )


def language(measure: Measure, models: Mapping[str, Path]) -> Compute:
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    among = [_code(IsoCode639_1, name) for name in measure.params.get("among", ())]
    builder = LanguageDetectorBuilder
    known = builder.from_iso_codes_639_1(*among) if among else builder.from_all_languages()
    detector = known.build()

    def compute(texts: Sequence[str]) -> pl.DataFrame:
        rows: list[tuple[str | None, float | None]] = []
        # One by one, a text would hold all other threads up.
        for values in detector.compute_language_confidence_values_in_parallel(list(texts)):
            best = values[0] if values and values[0].value > 0 else None
            rows.append(
                (best.language.iso_code_639_1.name.lower(), round(best.value, 4))
                if best
                else (None, None)
            )
        return pl.DataFrame(rows, schema=dict(measure.returns), orient="row")

    return compute


def _code(codes: Any, name: str) -> Any:
    try:
        return codes.from_str(name)
    except ValueError as error:
        raise CurateError(
            f"lingua knows no language '{name}'", "an ISO 639-1 code such as en"
        ) from error
