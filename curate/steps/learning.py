"""What a fit may learn from, and which pairs it must not learn from when it judges another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from curate.pairs.origin import COLLECTED

if TYPE_CHECKING:
    import polars as pl

    from curate.steps.step import Ask


def learned(table: pl.DataFrame) -> pl.Expr:
    """Fits learn from training pairs, from all where there is no split; never from what a machine
    has made, nor from what a person wants to go.
    """
    import polars as pl

    collected = pl.col("origin") == COLLECTED
    if "decided" in table.columns:
        collected &= pl.col("decided").ne_missing("drop")
    split = "split" in table.columns and bool((table["split"] == "train").any())
    return collected & (pl.col("split") == "train") if split else collected


def said(name: str) -> pl.Expr:
    """A text without what makes no difference to what it says: case, and stops at its ends."""
    import polars as pl

    return pl.col(name).str.to_lowercase().str.strip_chars(" .!?")


def fold_groups(table: pl.DataFrame, names: Sequence[str], ask: Ask) -> pl.DataFrame:
    """`pair_id`, `fold_group`: copies, and pairs that say the same in one of the fields, are
    never learned from when one of them is judged.
    """
    import polars as pl

    from curate.pairs.components import components, stars

    links = [ask.components().select(left="component", right="pair_id")]
    for name in names:
        if ask.fields[name].type == "text":
            links.append(stars(table.with_columns(said=said(name)), "said"))
    return components(table["pair_id"], pl.concat(links)).rename({"component": "fold_group"})
