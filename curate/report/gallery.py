"""Which pairs a report shows: drawn by their ids, so that the same are drawn every time.

Pairs that may be looked at come before those that are withheld, which are shown by their id and reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import polars as pl

from curate.ledger.rethreshold import Judgement, judgements
from curate.ledger.verdict import LEAVES
from curate.pairs.draw import uniform
from curate.pairs.origin import LABELLED, SYNTHETIC

if TYPE_CHECKING:
    from curate.governance.evidence import Evidence
    from curate.report.content import Kind

KINDS: tuple[Kind, ...] = ("kept", "dropped", "borderline", "relabelled", "synthetic")
EACH = 24
"""Pairs of a kind."""
REASONS, OF_REASON = 12, 6
"""Reasons for which pairs left, and pairs of each; more of each where there are few."""
MOST_WITHHELD = 6
"""Of a kind, or a reason."""
BESIDE = 4
"""Borderline pairs on each side of a threshold."""
MOST_BORDERLINE = 48
MOST_BESIDE = 48
"""Pairs that are shown for the sake of others."""
_DRAWN = 4096
"""Ids that are hashed, of more of a kind: the first of them by their names, which are hashes."""


def chosen(evidence: Evidence, withheld: pl.Series, each: int = EACH) -> pl.DataFrame:
    """`pair_id`, `kind` of what is shown; a pair may be of several kinds. `withheld` are ids, `each` is
    about how many pairs of a kind.
    """
    parts = [
        _named("kept", _kept(evidence, withheld, each)),
        _named("dropped", _dropped(evidence, withheld, each)),
        _named("borderline", _borderline(evidence, withheld, each)),
        _named("relabelled", _relabelled(evidence, withheld, each)),
        _named("synthetic", _synthetic(evidence, withheld, each)),
    ]
    return pl.concat(parts)


def companions(evidence: Evidence, pair_ids: pl.Series) -> pl.Series:
    """What pairs were made of, or are copies of: nobody judges these without seeing both."""
    mine = pl.col("pair_id").is_in(pair_ids.implode())
    made = evidence.pairs.filter(mine & (pl.col("origin") == SYNTHETIC))
    gone = evidence.decisions.filter(mine & (pl.col("verdict") == "drop"))
    both = pl.concat([made["parents"].explode(), gone["related_id"]]).drop_nulls().unique().sort()
    there = evidence.pairs.filter(pl.col("pair_id").is_in(both.implode()))["pair_id"]
    return there.filter(~there.is_in(pair_ids.implode())).head(MOST_BESIDE)


def drawn(pair_ids: pl.Series, count: int, withheld: pl.Series) -> pl.Series:
    """So many ids at most, those that may be looked at first, and a few that may not."""
    some = pair_ids.unique().sort()
    hidden = some.is_in(withheld.implode())
    shown = _by_chance(some.filter(~hidden), count)
    return pl.concat(
        [shown, _by_chance(some.filter(hidden), min(MOST_WITHHELD, count - len(shown)))]
    )


def _by_chance(pair_ids: pl.Series, count: int) -> pl.Series:
    few = pair_ids.head(_DRAWN)
    return few.gather(uniform(few, 0, "report").arg_sort()).head(count)


def _named(kind: Kind, parts: pl.Series | Iterable[pl.Series]) -> pl.DataFrame:
    series = [parts] if isinstance(parts, pl.Series) else list(parts)
    ids = pl.concat(
        [pl.Series("pair_id", [], pl.String), *(one.rename("pair_id") for one in series)]
    )
    return pl.DataFrame(
        {"pair_id": ids.unique(maintain_order=True), "kind": kind},
        {"pair_id": pl.String, "kind": pl.String},
    )


def _kept(evidence: Evidence, withheld: pl.Series, each: int) -> pl.Series:
    kept = evidence.pairs.filter(pl.col("status") == "kept")
    return drawn(kept["pair_id"], each, withheld)


def _dropped(evidence: Evidence, withheld: pl.Series, each: int) -> Iterator[pl.Series]:
    """Some for every reason, of the most frequent reasons; parts that live on in pairs left for none."""
    out = pl.col("verdict").is_in(LEAVES) & ~pl.col("verdict").is_in(["paired", "reject"])
    gone = evidence.decisions.filter(out)
    reasons = gone.group_by("step", "reason").agg("pair_id", pairs=pl.len())
    most = reasons.sort("pairs", "step", "reason", descending=[True, False, False]).head(REASONS)
    for pair_ids in most["pair_id"]:
        yield drawn(pair_ids, max(OF_REASON, each // most.height), withheld)


def _borderline(evidence: Evidence, withheld: pl.Series, each: int) -> pl.Series:
    """Nearest to the thresholds of every score, on both sides."""
    hidden = pl.col("pair_id").is_in(withheld.implode())
    beside = max(BESIDE, each // 2) if each > EACH else BESIDE
    found = [_nearest(judgement, ~hidden, beside) for judgement in judgements(evidence.decisions)]
    every = [pl.DataFrame(schema={"pair_id": pl.String, "rank": pl.UInt32}), *found]
    return (
        pl.concat(every)
        .sort("rank", maintain_order=True)["pair_id"]
        .head(max(MOST_BORDERLINE, each))
    )


def _nearest(judgement: Judgement, showable: pl.Expr, beside: int) -> pl.DataFrame:
    """`pair_id` and `rank` of the nearest to the thresholds, those that stayed and those that left."""
    away = (pl.col("score") - pl.col("threshold")).abs()
    near = judgement.scored.filter(showable).sort(away, "pair_id")
    sides = [near.filter(pl.col("stayed") == side).head(beside) for side in (True, False)]
    return pl.concat(
        [side.select("pair_id").with_row_index("rank").select("pair_id", "rank") for side in sides]
    )


def _relabelled(evidence: Evidence, withheld: pl.Series, each: int) -> pl.Series:
    """Kept pairs that a machine gave a content or a label, or that a step or a person changed."""
    kept = evidence.pairs.filter(pl.col("status") == "kept").select("pair_id", "origin")
    lines = evidence.decisions.filter(
        (pl.col("verdict") == "change") & (pl.col("name") != "release")
    )
    changed = [lines["pair_id"]]
    if evidence.made is not None:
        changed.append(evidence.made.filter("accepted")["pair_id"])
    touched = pl.col("pair_id").is_in(pl.concat(changed).implode())
    ids = kept.filter((pl.col("origin") == LABELLED) | (touched & (pl.col("origin") != SYNTHETIC)))
    return drawn(ids["pair_id"], each, withheld)


def _synthetic(evidence: Evidence, withheld: pl.Series, each: int) -> Iterator[pl.Series]:
    """What machines made, and of it what was not trusted or left later."""
    made = evidence.pairs.filter(pl.col("origin") == SYNTHETIC)
    for rows in (made.filter(pl.col("status") == "kept"), made.filter(pl.col("status") != "kept")):
        yield drawn(rows["pair_id"], each // 2, withheld)
