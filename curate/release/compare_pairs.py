"""Which pairs two releases do not share, and why: both ledgers say what was decided, then and now.

A pair whose content changed at its source has another id, and is known by its source and row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from curate.ledger.verdict import LEAVES
from curate.pairs.origin import SYNTHETIC

if TYPE_CHECKING:
    from curate.release.compare_side import Side

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
DIFFERENCE: dict[str, Any] = {
    "pair_id": pl.String,
    "was_id": pl.String,
    "way": pl.String,
    "cause": pl.String,
    "step": pl.String,
    "reason": pl.String,
    "score_then": pl.Float64,
    "score_now": pl.Float64,
    "threshold_then": pl.Float64,
    "threshold_now": pl.Float64,
}
"""One line per pair that one release holds and the other does not hold so: `pair_id` in B, `was_id` in A."""


def pair_changes(a: Side, b: Side) -> pl.DataFrame:
    """Columns of `DIFFERENCE`, sorted by way and id."""
    same = _same_row(a, b)
    went = a.kept.join(b.kept, on="pair_id", how="anti")
    came = b.kept.join(a.kept, on="pair_id", how="anti")
    replaced = same.filter(
        pl.col("was_id").is_in(went["pair_id"].implode())
        & pl.col("pair_id").is_in(came["pair_id"].implode())
    )
    went = went.join(replaced, left_on="pair_id", right_on="was_id", how="anti")
    came = came.join(replaced, on="pair_id", how="anti")
    frames = [
        _added(came, a, b, same),
        _removed(went, a, b, same),
        _replaced(replaced),
        _filled(a, b),
    ]
    found = pl.concat([pl.DataFrame(schema=DIFFERENCE), *map(_whole, frames)])
    return found.sort("way", "pair_id", "was_id")


def _same_row(a: Side, b: Side) -> pl.DataFrame:
    """`was_id`, `pair_id`, `fields`: pairs of both that neither knows of the other's, found at one row."""
    held = [name for name in b.held if name in a.held]
    only_a, only_b = _only(a, b, held), _only(b, a, held)
    both = only_a.join(only_b, on=["source", "row"], suffix="_now")
    changed = pl.concat_list(
        pl.when(~pl.col(name).eq_missing(pl.col(f"{name}_now"))).then(
            pl.lit(name.removesuffix("_sha256"))
        )
        for name in held
    )
    return both.select(
        was_id="pair_id", pair_id="pair_id_now", fields=changed.list.drop_nulls().list.join(", ")
    )


def _only(one: Side, other: Side, held: list[str]) -> pl.DataFrame:
    """The pairs that no line of the other release speaks of, and that have a row for themselves."""
    own = one.pairs.filter((pl.col("origin") != SYNTHETIC) & (pl.col("status") != "paired"))
    alone = own.filter(~pl.struct("source", "row").is_duplicated())
    new = alone.join(other.pairs, on="pair_id", how="anti")
    return new.select("pair_id", "source", "row", *held)


def _added(came: pl.DataFrame, a: Side, b: Side, same: pl.DataFrame) -> pl.DataFrame:
    """New pairs, and pairs that something took out before."""
    told = _decided(came, a, b)
    before = same.select("pair_id", source_id="was_id", changed="fields")
    known = told.join(before, on="pair_id", how="left", maintain_order="left")
    cause = (
        pl.when(pl.col("step").is_not_null())
        .then(pl.format("no longer dropped by '{}'", "step"))
        .when(pl.col("changed").is_not_null())
        .then(pl.format("kept since {} changed at the source", "changed"))
        .when(pl.col("origin") == SYNTHETIC)
        .then(pl.lit("made by a machine in this version"))
        .otherwise(pl.lit("new at the source"))
    )
    return known.select(*_SAID, pair_id="pair_id", way=pl.lit(ADDED), cause=cause)


def _removed(went: pl.DataFrame, a: Side, b: Side, same: pl.DataFrame) -> pl.DataFrame:
    """Pairs that are gone, and pairs that something takes out now."""
    after = same.select(pair_id="was_id", now_id="pair_id", changed="fields")
    told = went.join(after, on="pair_id", how="left", maintain_order="left")
    named = told.with_columns(was_id="pair_id", pair_id=pl.coalesce("now_id", "pair_id"))
    known = _decided(named, b, a)
    since = pl.when(pl.col("changed").is_not_null()).then(
        pl.format(", since {} changed at the source", "changed")
    )
    here = b.kept["pair_id"]
    orphan = ~pl.col("parents").list.eval(pl.element().is_in(here.implode())).list.all()
    cause = (
        pl.when(pl.col("step").is_not_null())
        .then(pl.format("dropped by '{}'{}", "step", since.fill_null("")))
        .when((pl.col("origin") == SYNTHETIC) & orphan)
        .then(pl.lit("made of a pair that is no longer kept"))
        .when(pl.col("origin") == SYNTHETIC)
        .then(pl.lit("not made again"))
        .otherwise(pl.lit("no longer at the source"))
    )
    columns = {name: name for name in _SAID}
    columns |= {f"{v}_{t}": f"{v}_{o}" for v in _VALUES for t, o in _TIMES}
    return known.select(was_id="was_id", way=pl.lit(REMOVED), cause=cause, **columns)


_SAID = ("step", "reason", "score_then", "score_now", "threshold_then", "threshold_now")
_VALUES = ("score", "threshold")
_TIMES = (("then", "now"), ("now", "then"))


def _decided(pairs: pl.DataFrame, one: Side, other: Side) -> pl.DataFrame:
    """What took a pair out of `one` (`_then`), and what the same step says of it in `other` (`_now`)."""
    lines = one.decisions.filter(pl.col("verdict").is_in(LEAVES)).select(
        "pair_id", "reason", step="name", score_then="score", threshold_then="threshold"
    )
    found = pairs.join(lines, on="pair_id", how="left", maintain_order="left")
    against = (
        other.decisions.sort("score", nulls_last=True, maintain_order=True)
        .unique(["pair_id", "name"], keep="first", maintain_order=True)
        .select("pair_id", step="name", score_now="score", threshold_now="threshold")
    )
    return found.join(against, on=["pair_id", "step"], how="left", maintain_order="left")


def _replaced(replaced: pl.DataFrame) -> pl.DataFrame:
    return replaced.select(
        "pair_id",
        "was_id",
        way=pl.lit(CHANGED),
        cause=pl.format("{} changed at the source", "fields"),
    )


def _filled(a: Side, b: Side) -> pl.DataFrame:
    """Pairs of one id that hold something else: by a label, a correction, a step that moves spans."""
    held = [name for name in b.held if name in a.held]
    both = b.kept.select("pair_id", *held).join(
        a.kept.select("pair_id", *held), on="pair_id", suffix="_then"
    )
    changed = pl.concat_list(
        pl.when(~pl.col(name).eq_missing(pl.col(f"{name}_then"))).then(
            pl.lit(name.removesuffix("_sha256"))
        )
        for name in held
    ).list.drop_nulls()
    other = both.select("pair_id", fields=changed).filter(pl.col("fields").list.len() > 0)
    said = [_last_change(side, time) for side, time in ((b, "now"), (a, "then"))]
    for lines in said:
        other = other.join(lines, on="pair_id", how="left", maintain_order="left")
    fields = pl.col("fields").list.join(", ")
    cause = (
        pl.when(pl.col("step_now").is_not_null())
        .then(pl.format("{} changed by '{}'", fields, "step_now"))
        .when(pl.col("step_then").is_not_null())
        .then(pl.format("{} no longer changed by '{}'", fields, "step_then"))
        .otherwise(pl.format("{} changed", fields))
    )
    return other.select(
        "pair_id",
        was_id="pair_id",
        way=pl.lit(CHANGED),
        cause=cause,
        step=pl.coalesce("step_now", "step_then"),
        reason=pl.coalesce("reason_now", "reason_then"),
    )


def _last_change(side: Side, time: str) -> pl.DataFrame:
    lines = side.decisions.filter((pl.col("verdict") == "change") & (pl.col("name") != "release"))
    last = lines.unique("pair_id", keep="last", maintain_order=True)
    return last.select(
        "pair_id", pl.col("name").alias(f"step_{time}"), pl.col("reason").alias(f"reason_{time}")
    )


def _whole(frame: pl.DataFrame) -> pl.DataFrame:
    """With every column of `DIFFERENCE`; what a kind of difference does not say is null."""
    lacking = [pl.lit(None, t).alias(n) for n, t in DIFFERENCE.items() if n not in frame.columns]
    return frame.with_columns(lacking).select(pl.col(n).cast(t) for n, t in DIFFERENCE.items())
