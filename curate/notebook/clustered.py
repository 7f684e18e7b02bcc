"""Copies side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from curate.errors import CurateError
from curate.notebook.answer import Answer, Block, Cards, Title
from curate.notebook.gallery import card, pairs_shown
from curate.report.clusters import clusters
from curate.report.content import Cluster, Member, Shown

if TYPE_CHECKING:
    from curate.notebook.release import Release


@dataclass(frozen=True, repr=False)
class Clusters(Answer):
    """The largest clusters, and those whose members are least alike."""

    clusters: Sequence[Cluster]
    in_all: int
    shown: dict[str, Shown]
    """The members, by id."""

    def blocks(self) -> Iterator[Block]:
        yield Title(f"{self.in_all:,} clusters of copies, {len(self.clusters)} of them here")
        for cluster in self.clusters:
            cards = tuple(
                card(self.shown[member.pair_id], _role(member)) for member in cluster.members
            )
            yield Cards(cards, f"{cluster.name}: {cluster.size} pairs")


def found_clusters(release: Release, step: str | None) -> Clusters:
    """Of one step, by number or name, or of all; raises `CurateError` for a step that found none."""
    evidence = release.evidence
    rows = release.copies
    if step is not None:
        names = rows.select("step", "name").unique().sort("step")
        rows = rows.filter((pl.col("step") == step) | (pl.col("name") == step))
        if not rows.height:
            known = ", ".join(f"{number} {name}" for number, name in names.iter_rows())
            raise CurateError(
                f"no step '{step}' found copies", f"name one of: {known}" if known else None
            )
    found, in_all = clusters(replace(evidence, clusters=rows))
    ids = {member.pair_id: () for cluster in found for member in cluster.members}
    return Clusters(found, in_all, {one.pair_id: one for one in pairs_shown(release, ids)})


def _role(member: Member) -> str:
    if member.likeness is None:
        return member.role
    how = f", {member.detail}" if member.detail else ""
    return f"{member.role}, likeness {member.likeness:.3g}{how}"
