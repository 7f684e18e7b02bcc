"""Which pairs need a person most, and why each of them does.

    threshold      scores next to the threshold of a step, on either side
    disagreement   people who said different things; scores of how well a pair belongs together that
                   stand far apart
    labels         what machines filled in with the least confidence, and labels called wrong
    groups         of groups that the audit flags: pairs that left where they were kept less than the
                   rest, that stayed where they were kept more
    all            every pair, in the order of ids

Distances are ranks, since scores of different steps have different units: of a step's scores the share
that lies between a pair's and the threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from curate.ledger.rethreshold import Judgement, judgements

if TYPE_CHECKING:
    from curate.review.subject import Subject
    from curate.run.reviews import Reviews

MOST = 1_000
"""Pairs of a queue."""
WHY = {"pair_id": pl.String, "why": pl.String}


@dataclass(frozen=True)
class Queue:
    """Pairs in the order in which they need a person, each with the reason."""

    by: str
    why: Mapping[str, str]

    @property
    def pair_ids(self) -> list[str]:
        return list(self.why)

    def neighbours(self, pair_id: str) -> tuple[str | None, str | None]:
        """The pairs before and after one; of a pair that is not in the queue the first comes next."""
        ids = self.pair_ids
        if pair_id not in self.why:
            return None, ids[0] if ids else None
        place = ids.index(pair_id)
        return (
            ids[place - 1] if place else None,
            ids[place + 1] if place + 1 < len(ids) else None,
        )


def queue(by: str, subject: Subject, reviews: Reviews | None) -> Queue:
    """One of `QUEUES`; raises `KeyError`."""
    found = QUEUES[by](subject, reviews).head(MOST if by != "all" else subject.pairs.height)
    return Queue(by, dict(found.select(list(WHY)).iter_rows()))


def _near_thresholds(subject: Subject, _: Reviews | None) -> pl.DataFrame:
    judged = [_ranked(one) for one in judgements(subject.evidence.decisions)]
    if not judged:
        return pl.DataFrame(schema=WHY)
    near = pl.concat(judged).sort("distance", "pair_id", "name")
    return near.unique("pair_id", keep="first", maintain_order=True)


def _ranked(judgement: Judgement) -> pl.DataFrame:
    """`pair_id`, `name`, `distance` to the threshold in ranks, `margin` in ranks (the highest is the
    best of its step), `why`.
    """
    gap = pl.col("score") - pl.col("threshold")
    better = gap if judgement.keeps == "above" else -gap
    became = pl.when("stayed").then(pl.lit("stayed")).otherwise(pl.lit("left"))
    numbers = [pl.col(name).round_sig_figs(6) for name in ("score", "threshold")]
    return judgement.scored.select(
        "pair_id",
        name=pl.lit(judgement.name),
        distance=gap.abs().rank("average") / pl.len(),
        margin=better.rank("average") / pl.len(),
        why=pl.format("{}: {} at a threshold of {}, {}", pl.lit(judgement.name), *numbers, became),
    )


def _at_odds(subject: Subject, reviews: Reviews | None) -> pl.DataFrame:
    people = _people_at_odds(subject, reviews)
    both = [one for one in judgements(subject.evidence.decisions) if one.name.startswith("align")]
    if len(both) < 2:
        return people
    by_margin = pl.concat(map(_ranked, both)).sort("pair_id", "margin", "name")
    pairs = by_margin.group_by("pair_id", maintain_order=True).agg(
        pl.len(),
        low=pl.col("margin").first(),
        high=pl.col("margin").last(),
        worst=pl.col("name").first(),
        best=pl.col("name").last(),
    )
    low, high = ((pl.col(end) * 100).round().cast(pl.Int64) for end in ("low", "high"))
    why = pl.format("{} puts it above {}% of pairs, {} above {}%", "worst", low, "best", high)
    far = pairs.filter(pl.col("len") > 1).with_columns(
        why=why, apart=pl.col("high") - pl.col("low")
    )
    rest = far.sort("apart", "pair_id", descending=[True, False]).select(list(WHY))
    return pl.concat([people, rest]).unique("pair_id", keep="first", maintain_order=True)


def _people_at_odds(subject: Subject, reviews: Reviews | None) -> pl.DataFrame:
    found = {}
    for (pair_id, _), said in (reviews.by_person if reviews else {}).items():
        answers = {one.said.model_dump_json(exclude={"by", "at"}) for one in said.values()}
        if len(answers) > 1 and pair_id in subject.places:
            told = ", ".join(f"{by}: {one.said.action}" for by, one in said.items())
            found[pair_id] = f"people disagree ({told})"
    return pl.DataFrame({"pair_id": list(found), "why": list(found.values())}, schema=WHY)


def _doubtful_labels(subject: Subject, _: Reviews | None) -> pl.DataFrame:
    named = pl.col("name").str.starts_with("align labels")
    said = subject.evidence.decisions.filter(named & (pl.col("verdict") != "keep"))
    flagged = said.sort("score", "pair_id", nulls_last=True).select(
        "pair_id", why=pl.format("{}: {}", "name", pl.col("reason").fill_null("doubted"))
    )
    if subject.evidence.made is None:
        return flagged.unique("pair_id", keep="first", maintain_order=True)
    filled = subject.evidence.made.filter(pl.col("accepted") & pl.col("confidence").is_not_null())
    least = filled.sort("confidence", "pair_id").select(
        "pair_id",
        why=pl.format("{}: confidence {}", "name", pl.col("confidence").round_sig_figs(3)),
    )
    both = pl.concat([flagged, least]).unique("pair_id", keep="first", maintain_order=True)
    return both.filter(pl.col("pair_id").is_in(subject.pairs["pair_id"].implode()))


def _affected_groups(subject: Subject, _: Reviews | None) -> pl.DataFrame:
    frames = [pl.DataFrame(schema=WHY)]
    flags = subject.evidence.audit.flagged if subject.evidence.audit else ()
    for flag in sorted(flags, key=lambda flag: flag.difference):
        of = subject.pairs.filter(pl.col(flag.field).cast(pl.String) == flag.level)
        gone = of.filter((pl.col("status") != "kept") == (flag.direction == "kept less"))
        frames.append(gone.select("pair_id", why=pl.lit(f"flagged by the audit: {flag}")))
    return pl.concat(frames).unique("pair_id", keep="first", maintain_order=True)


def _every(subject: Subject, _: Reviews | None) -> pl.DataFrame:
    return subject.pairs.select("pair_id", why=pl.lit("", pl.String))


QUEUES: Mapping[str, Callable[[Subject, Reviews | None], pl.DataFrame]] = {
    "threshold": _near_thresholds,
    "disagreement": _at_odds,
    "labels": _doubtful_labels,
    "groups": _affected_groups,
    "all": _every,
}
TITLES = {
    "threshold": "Near a threshold",
    "disagreement": "Disagreement",
    "labels": "Doubtful labels",
    "groups": "Affected groups",
    "all": "All pairs",
}
