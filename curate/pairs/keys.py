"""What `curate.pairs.identity` says of one value, said of whole columns."""

from __future__ import annotations

import polars as pl

from curate.pairs.identity import canonical_json

_ESCAPED = r'["\\\x00-\x1f]'
"""What JSON does not hold as it is."""


def content_hashes(texts: pl.Series) -> pl.Series:
    """`content_hash` of every text; null of null."""
    import polars_hash as plh

    return texts.to_frame().select(plh.col(texts.name).chash.sha2_256()).to_series()


def collected_ids(values: pl.DataFrame) -> pl.Series:
    """`collected_id` of every row, whose columns are named as the pair's fields are."""
    parts: list[pl.Expr] = []
    for name in sorted(values.columns):
        parts += [pl.lit(f"{',' if parts else ''}{canonical_json(name)}:"), pl.col(name)]
    spelt = values.select(_spelt(column) for column in values)
    whole = spelt.select(pair_id=pl.concat_str(pl.lit('{"collected":{'), *parts, pl.lit("}}")))
    return content_hashes(whole.to_series()).str.head(32)


def _spelt(column: pl.Series) -> pl.Series:
    """The canonical JSON of every value; what no column can spell, as Python does one by one."""
    if column.dtype == pl.String:
        found = _quoted(column)
    elif column.dtype.is_float():
        found = pl.Series([canonical_json(value) for value in column], dtype=pl.String)
    else:
        found = column.cast(pl.String)
    return found.fill_null("null").rename(column.name)


def _quoted(texts: pl.Series) -> pl.Series:
    quoted = '"' + texts + '"'
    hard = texts.str.contains(_ESCAPED).fill_null(False)
    spelt = [canonical_json(text) for text in texts.filter(hard)]
    return quoted.scatter(hard.arg_true(), spelt) if spelt else quoted
