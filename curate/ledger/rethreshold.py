"""What another threshold would change, from the scores that the ledger holds.

    judgement(decisions, "align").at(0.4)

A step that judges one thing by a score has one judgement; one that judges several (a filter with two
bounds) has one for each reason. Nothing is measured: what a later step would say of pairs that come
back is not known, nor, of steps that score only what they drop (`dedup`, filters with several bounds),
what a stricter threshold would take out. Later steps that learn from the pairs, or take a share of
them, would have other scores and thresholds of their own. Of pairs kept back for review those that
would not pass a stricter threshold count as gone, though some would be kept back again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import polars as pl

from curate.errors import CurateError
from curate.ledger.verdict import LEAVES

Keeps = Literal["above", "below"]
"""The side of a threshold that stays."""

_OUT = ("drop", "reject")
"""What a score takes out; `paired` is no loss."""


@dataclass(frozen=True)
class Rethresholded:
    """What a step would do at another threshold, all else as it was."""

    threshold: float
    stay: int
    """Pairs that would pass the step."""
    released: int
    """Of those that pass now, the pairs in the release that would remain in it."""
    gone: int
    """Pairs of the release that would leave."""
    back: int
    """Pairs that left at this step and would pass it. No later step has looked at them, so that some
    of them may leave there, nor has another bound of this one: that was not measured.
    """


@dataclass(frozen=True)
class Judgement:
    """Pairs that one step judged by one score."""

    step: str
    name: str
    reason: str | None
    """Of the pairs that it took out; None where it took out none."""
    keeps: Keeps
    lines: pl.DataFrame
    """`pair_id`, `score`, `threshold`, whether the pair `stayed` and whether it is `released`; pairs that
    were not judged by this score have none.
    """

    @cached_property
    def scored(self) -> pl.DataFrame:
        """The lines with a score."""
        return self.lines.drop_nulls(["score", "threshold"])

    @cached_property
    def thresholds(self) -> list[float]:
        """Those that it used, rising: one, or one for each group."""
        return self.scored["threshold"].unique().sort().to_list()

    @cached_property
    def one_sided(self) -> bool:
        """Whether only what left has a score, so that a stricter threshold cannot be judged."""
        return not self.scored["stayed"].any()

    def at(self, threshold: float) -> Rethresholded:
        """What one threshold for all pairs would change. Raises `CurateError` where that was not scored."""
        if not self.reaches(threshold):
            raise CurateError(
                f"{self.step} {self.name} scores only the pairs that it drops, and not what a "
                f"threshold of {threshold:g} would drop besides",
                f"a threshold {'below' if self.keeps == 'above' else 'above'} "
                f"{self._mildest:g} can be looked at",
            )
        stays, stayed, released = self._passes(threshold), pl.col("stayed"), pl.col("released")
        counts = self.lines.select(
            stay=stays.sum(),
            released=(stays & released).sum(),
            gone=(~stays & released).sum(),
            back=(stays & ~stayed).sum(),
        ).row(0, named=True)
        return Rethresholded(threshold, **counts)

    def moved(self, threshold: float) -> pl.DataFrame:
        """The pairs that a threshold which `at` can tell of would move, nearest to it first: `pair_id`,
        `score`, `threshold` that they were held against, and what they `would`: `leave` the release, or
        come `back` to this step's others.
        """
        stays, stayed, released = self._passes(threshold), pl.col("stayed"), pl.col("released")
        leaves, comes = ~stays & released, stays & ~stayed
        would = pl.when(leaves).then(pl.lit("leave")).when(comes).then(pl.lit("back"))
        told = self.lines.select("pair_id", "score", "threshold", would=would).drop_nulls("would")
        return told.sort((pl.col("score") - threshold).abs(), "pair_id")

    def _passes(self, threshold: float) -> pl.Expr:
        """At the very threshold of a pair nothing changes; a milder one takes nothing out, a stricter
        one brings nothing back. Otherwise a pair that stands on the threshold stays.
        """
        score, own, stayed = pl.col("score"), pl.col("threshold"), pl.col("stayed")
        within = score >= threshold if self.keeps == "above" else score <= threshold
        milder = own > threshold if self.keeps == "above" else own < threshold
        judged = pl.when(milder).then(stayed | within).otherwise(stayed & within)
        unmoved = score.is_null() | own.is_null() | (own == threshold)
        return pl.when(unmoved).then(stayed).otherwise(judged)

    def reaches(self, threshold: float) -> bool:
        """Whether the scores tell what this threshold would do."""
        mildest = self._mildest
        stricter = threshold > mildest if self.keeps == "above" else threshold < mildest
        return not (self.one_sided and stricter)

    @property
    def _mildest(self) -> float:
        return self.thresholds[0] if self.keeps == "above" else self.thresholds[-1]


def rethreshold(
    decisions: pl.DataFrame, step: str, threshold: float, reason: str | None = None
) -> Rethresholded:
    """Judge a step's scores by another threshold; `decisions` is a release's ledger.

    `step` is its number (`08`), its name, or the first word of its name where one step has it; `reason`
    one of those for which it takes pairs out, where there are several. Raises `CurateError` where the
    ledger does not say.
    """
    return judgement(decisions, step, reason).at(threshold)


def judgement(decisions: pl.DataFrame, step: str, reason: str | None = None) -> Judgement:
    """The pairs that a step judged by one score; raises `CurateError` as `rethreshold` does."""
    number, name = _step(decisions, step)
    lines = _lines(decisions, number)
    reasons = _reasons(lines)
    if reason is None and len(reasons) > 1:
        raise CurateError(
            f"{number} {name} judges several things, each by a score of its own",
            f"name one by its reason: {', '.join(reasons)}",
        )
    if reason is not None and reason not in reasons:
        raise CurateError(
            f"{number} {name} takes no pair out for '{reason}'",
            f"it has: {', '.join(reasons)}" if reasons else None,
        )
    chosen = next(iter(reasons), None) if reason is None else reason
    return _judgement(number, name, chosen, lines)


def judgements(decisions: pl.DataFrame) -> Iterator[Judgement]:
    """All that a ledger's scores tell, in the order of the steps."""
    for number, name in _named(decisions).rows():
        lines = _lines(decisions, number)
        reasons: Sequence[str | None] = _reasons(lines) or [None]
        for reason in reasons:
            try:
                yield _judgement(number, name, reason, lines)
            except CurateError:
                continue


def _step(decisions: pl.DataFrame, step: str) -> tuple[str, str]:
    names = _named(decisions)
    chosen = names.filter((pl.col("step") == step) | (pl.col("name") == step))
    if not chosen.height:
        chosen = names.filter(pl.col("name").str.split(" ").list.first() == step)
    if chosen.height != 1:
        known = ", ".join(f"{number} {name}" for number, name in names.iter_rows())
        what = "several steps with scores are" if chosen.height else "no step with scores is"
        raise CurateError(f"{what} called '{step}'", f"name one of: {known}" if known else None)
    number, name = chosen.row(0)
    return str(number), str(name)


def _named(decisions: pl.DataFrame) -> pl.DataFrame:
    """`step` and `name` of the steps whose lines bear a score and a threshold."""
    scored = decisions.filter(_scored())
    return scored.select("step", "name").unique().sort("step")


def _lines(decisions: pl.DataFrame, step: str) -> pl.DataFrame:
    """What one step said, with what became of each pair."""
    left = decisions.filter(pl.col("verdict").is_in(LEAVES))["pair_id"]
    mine = decisions.filter((pl.col("step") == step) & (pl.col("verdict") != "merge"))
    return mine.select(
        "pair_id",
        "verdict",
        "reason",
        "score",
        "threshold",
        stayed=~pl.col("verdict").is_in(LEAVES),
        released=~pl.col("pair_id").is_in(left.implode()),
    )


def _reasons(lines: pl.DataFrame) -> list[str]:
    """For which a score took pairs out, the most frequent first."""
    taken = lines.filter(_scored() & pl.col("verdict").is_in(_OUT))
    reasons = taken.group_by("reason").len().sort("len", "reason", descending=[True, False])
    return [reason or "" for reason in reasons["reason"]]


def _judgement(step: str, name: str, reason: str | None, lines: pl.DataFrame) -> Judgement:
    """One thing that a step judged; pairs that it took out for another stay out whatever it says."""
    mine = pl.lit(value=False) if reason is None else pl.col("reason").fill_null("") == reason
    judged = _scored() & ((mine & pl.col("verdict").is_in(_OUT)) | pl.col("stayed"))
    score, threshold = (pl.when(judged).then(name) for name in ("score", "threshold"))
    known = lines.with_columns(score=score, threshold=threshold)
    known = known.with_columns(threshold=_threshold(known))
    return Judgement(
        step=step,
        name=name,
        reason=reason,
        keeps=_keeps(step, name, known),
        lines=known.select("pair_id", "score", "threshold", "stayed", "released"),
    )


def _threshold(lines: pl.DataFrame) -> pl.Expr:
    """Of two bounds, one on each side, pairs that stay bear but one; those that left the one that counts."""
    stayed, left = (
        lines.filter(pl.col("stayed") == here).drop_nulls(["score", "threshold"])["threshold"]
        for here in (True, False)
    )
    if stayed.n_unique() == left.n_unique() == 1:
        return pl.when(pl.col("threshold").is_not_null()).then(pl.lit(left[0]))
    return pl.col("threshold")


def _keeps(step: str, name: str, lines: pl.DataFrame) -> Keeps:
    """The side of its thresholds that a step keeps, where its verdicts follow from it. A pair that is
    kept for a reason, such as a person's word, is not kept by its score.
    """
    score, threshold = pl.col("score"), pl.col("threshold")
    low, high, left = score < threshold, score > threshold, ~pl.col("stayed")
    verdict = pl.col("verdict")
    stayed = (verdict == "add") | ((verdict == "keep") & pl.col("reason").is_null())
    votes = lines.select(
        above=((low & left) | (high & stayed)).sum(),
        below=((high & left) | (low & stayed)).sum(),
        left=(score.is_not_null() & left).sum(),
    ).row(0, named=True)
    if votes["above"] and not votes["below"]:
        return "above"
    if votes["below"] and not votes["above"]:
        return "below"
    if not votes["left"]:
        raise CurateError(f"{step} {name} takes no pair out by its score")
    raise CurateError(f"{step} {name} does not part pairs by its threshold alone")


def _scored() -> pl.Expr:
    return pl.col("score").is_not_null() & pl.col("threshold").is_not_null()
