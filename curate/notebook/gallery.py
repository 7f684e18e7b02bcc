"""Pairs to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from curate.errors import CurateError
from curate.ledger.verdict import LEAVES
from curate.notebook.answer import Answer, Block, Card, Cards, Title
from curate.report.content import Kind, Line, Shown
from curate.report.gallery import EACH, KINDS, chosen, drawn
from curate.report.shown import shown
from curate.report.thumbnails import thumbnails
from curate.report.withheld import withheld

if TYPE_CHECKING:
    from curate.governance.evidence import Evidence
    from curate.notebook.release import Release

Where: TypeAlias = pl.Expr | pl.Series | Sequence[str]
"""A condition on the columns of `Release.pairs`, or ids."""


@dataclass(frozen=True, repr=False)
class Gallery(Answer):
    """Pairs with their stories."""

    title: str
    shown: Sequence[Shown]

    def blocks(self) -> Iterator[Block]:
        yield Title(self.title)
        yield Cards(tuple(card(one) for one in self.shown))


def gallery(release: Release, kind: Kind | None, n: int, where: Where | None) -> Gallery:
    """At most `n` pairs of a kind, or of all, among those that `where` names."""
    if kind is not None and kind not in KINDS:
        raise CurateError(f"there are no pairs called '{kind}'", f"name one of: {', '.join(KINDS)}")
    if n < 0:
        raise CurateError(f"a gallery cannot show {n} pairs")
    hidden = withheld(release.evidence)
    among = release.evidence if where is None else _among(release.evidence, _ids(release, where))
    if kind is None:
        ids = _named(where) or drawn(among.pairs["pair_id"], n, hidden["pair_id"]).to_list()
    else:
        ids = _of_kind(among, kind, hidden["pair_id"], n)
    some = pairs_shown(release, {i: [kind] if kind else [] for i in ids[:n]}, hidden)
    return Gallery(
        f"{release.published.title}: {len(some)} {kind or ''} pairs".replace("  ", " "), some
    )


def _of_kind(evidence: Evidence, kind: Kind, hidden: pl.Series, n: int) -> list[str]:
    """As a report chooses them, those that may be looked at first."""
    of_kind = chosen(evidence, hidden, max(EACH, n)).filter(kind=kind)["pair_id"]
    return (
        of_kind.to_frame()
        .sort(of_kind.is_in(hidden.implode()), maintain_order=True)["pair_id"]
        .to_list()
    )


def pairs_shown(
    release: Release, kinds: Mapping[str, Sequence[Kind]], hidden: pl.DataFrame | None = None
) -> list[Shown]:
    """Pairs by id, with their media made small, but for those that are withheld."""
    hidden = withheld(release.evidence) if hidden is None else hidden
    whys = dict(hidden.filter(pl.col("pair_id").is_in(list(kinds))).iter_rows())
    seen = [pair_id for pair_id in kinds if pair_id not in whys]
    small = thumbnails(release.evidence, seen, release.media)
    return shown(release.evidence, kinds, whys, small.media)


def _named(where: Where | None) -> list[str]:
    """Ids in the order in which they were given."""
    if where is None or isinstance(where, pl.Expr):
        return []
    return [where] if isinstance(where, str) else list(where)


def _ids(release: Release, where: Where) -> pl.Series:
    """Those that there are; raises `CurateError` for a column or a pair that there is not."""
    pairs = release.pairs
    if isinstance(where, pl.Expr):
        try:
            return pairs.filter(where)["pair_id"]
        except pl.exceptions.PolarsError as error:
            columns = f"columns are {', '.join(pairs.columns)}"
            raise CurateError(f"pairs cannot be chosen so: {error}", columns) from None
    try:
        ids = pl.Series("pair_id", [where] if isinstance(where, str) else list(where), pl.String)
    except TypeError:
        hint = 'a condition is such as pl.col("status") == "dropped"'
        raise CurateError("pairs are chosen by their ids or by a condition", hint) from None
    strange = ids.filter(~ids.is_in(pairs["pair_id"].implode()))
    if strange.len():
        raise CurateError(f"{release.published.title} has no pair '{strange[0]}'")
    return ids


def _among(evidence: Evidence, ids: pl.Series) -> Evidence:
    """The evidence of these pairs alone."""
    mine = pl.col("pair_id").is_in(ids.implode())
    made = None if evidence.made is None else evidence.made.filter(mine)
    return replace(
        evidence,
        pairs=evidence.pairs.filter(mine),
        decisions=evidence.decisions.filter(mine),
        made=made,
    )


def card(one: Shown, told: str | None = None) -> Card:
    """A pair with its texts, or why they are withheld, and what is told of it: by default what became
    of it.
    """
    texts = [f"withheld: {one.withheld}"] if one.withheld else list(one.texts.values())
    return Card(tuple(one.media.values()), (*texts, told or _fate(one), one.pair_id[:12]))


def _fate(one: Shown) -> str:
    last = next((line for line in one.lines if line.verdict in LEAVES), None)
    return f"kept in {one.split}" if last is None and one.split else _reason(last, one.status)


def _reason(line: Line | None, status: str) -> str:
    if line is None:
        return status
    score = "" if line.score is None else f" ({line.score:.3g})"
    return f"{status} by {line.name}: {line.reason or line.verdict}{score}"
