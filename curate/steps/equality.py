"""When two contents are the same though their files differ: by what they hold once decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.pairs.field import Fields

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure
    from curate.steps.step import Ask

DECODED = ("image", "audio", "text")
"""Modalities whose decoded content has a hash."""


def form(modality: str) -> tuple[Measure, str]:
    """The measure that names a decoded content, and its column: the pixels of a picture, the samples
    of a recording, the normal form of a text (Unicode NFKC, case folded, white space single).
    """
    if modality == "image":
        from curate.measures.image import IMAGE_DECODE

        return IMAGE_DECODE, "pixels_sha256"
    if modality == "audio":
        from curate.measures.audio import AUDIO_DECODE

        return AUDIO_DECODE, "samples_sha256"
    from curate.measures.text_duplicate import TEXT_FORMS

    return TEXT_FORMS, "normal"


def by_content(table: pl.DataFrame, fields: Fields, names: list[str], ask: Ask) -> pl.DataFrame:
    """The pairs with one key for all contents of a field that are the same once decoded."""
    from curate.steps.likeness import first_equal

    for name in names:
        if fields[name].type in DECODED:
            measure, column = form(fields[name].type)
            keys = table[f"{name}_sha256"]
            forms = ask.measure(measure, keys).select("key", form=column)
            table = table.with_columns(first_equal(keys, forms))
    return table


def equal_once_decoded(name: str, keys: pl.Series, others: pl.DataFrame, ask: Ask) -> pl.DataFrame:
    """`key`, `likeness`, `detail` of contents that are the same, once decoded, as one of other data."""
    import polars as pl

    measure, column = form(ask.fields[name].type)
    listed = others.filter((pl.col("kind") == "content") & (pl.col("field") == name))["value"]
    theirs, ours = (ask.measure(measure, each).drop_nulls(column) for each in (listed, keys))
    both = ours.join(theirs.unique(column), on=column, suffix="_theirs")
    detail = pl.lit("equal content ") + pl.col("key_theirs").str.head(16)
    return both.select("key", likeness=pl.lit(1.0), detail=detail)
