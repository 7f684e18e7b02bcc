"""What can be said of a text alone: its size, how much it repeats itself, its language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

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


def text_language() -> Measure:
    """The most likely language (ISO 639-1) among those lingua knows, and its probability.

    Source: lingua-language-detector's n-gram models, made for short texts. Texts without letters
    have no language.
    """
    return Measure(
        name="text.language",
        version=1,
        of=("text",),
        returns={"language": pl.String, "language_probability": pl.Float64},
        compute="curate.measures.text:language",
        libraries=("lingua-language-detector",),
        extra="language",
        chunk=256,
    )


def language(measure: Measure, models: Mapping[str, Path]) -> Compute:
    from lingua import LanguageDetectorBuilder

    detector = LanguageDetectorBuilder.from_all_languages().build()

    def compute(texts: Sequence[str]) -> pl.DataFrame:
        rows: list[tuple[str | None, float | None]] = []
        for text in texts:
            values = detector.compute_language_confidence_values(text)
            best = values[0] if values and values[0].value > 0 else None
            rows.append(
                (best.language.iso_code_639_1.name.lower(), round(best.value, 4))
                if best
                else (None, None)
            )
        return pl.DataFrame(rows, schema=dict(measure.returns), orient="row")

    return compute
