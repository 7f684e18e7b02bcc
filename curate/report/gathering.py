"""A release's evidence as a report: the facts as they are, and beside them what people can look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from curate.report.clusters import clusters
from curate.report.content import Cluster, Kind, Report
from curate.report.flow import flow
from curate.report.gallery import KINDS, chosen, companions
from curate.report.map import Embedded, map_of
from curate.report.scores import scores
from curate.report.shown import shown
from curate.report.thumbnails import thumbnails
from curate.report.withheld import withheld

if TYPE_CHECKING:
    from curate.governance.evidence import Evidence
    from curate.governance.facts import Facts
    from curate.governance.gates import Held
    from curate.report.media import Media

Embed: TypeAlias = "Callable[[Sequence[str]], Embedded | None]"


def report_of(
    evidence: Evidence,
    facts: Facts,
    held: Sequence[Held],
    media: Media,
    embed: Embed | None = None,
) -> Report:
    """Gather what a report shows; every count is of the release's own tables. `embed` gives vectors of
    pairs, of those first that are named, where there are any.
    """
    hidden = withheld(evidence)
    found, in_all = clusters(evidence)
    kinds = _kinds(evidence, hidden["pair_id"], found)
    whys = dict(hidden.filter(pl.col("pair_id").is_in(list(kinds))).iter_rows())
    small = thumbnails(evidence, [pair_id for pair_id in kinds if pair_id not in whys], media)
    vectors = embed(list(kinds)) if embed else None
    return Report(
        facts=facts,
        held=held,
        audit=evidence.audit,
        energy=evidence.energy,
        flow=flow(evidence),
        scores=scores(evidence.decisions),
        shown=shown(evidence, kinds, whys, small.media),
        clusters=found,
        clusters_in_all=in_all,
        map=map_of(vectors, evidence, hidden["pair_id"]) if vectors else None,
        evaluation=evidence.evaluation,
        notes=tuple(_notes(evidence, hidden.height, small.left_out)),
    )


def _kinds(
    evidence: Evidence, hidden: pl.Series, found: Sequence[Cluster]
) -> dict[str, list[Kind]]:
    """Why each pair is shown; some only to be compared with others."""
    drawn = chosen(evidence, hidden)
    kinds: dict[str, list[Kind]] = {}
    for pair_id, kind in drawn.iter_rows():
        kinds.setdefault(pair_id, []).append(kind)
    members = (member.pair_id for cluster in found for member in cluster.members)
    for pair_id in (*members, *companions(evidence, drawn["pair_id"])):
        kinds.setdefault(pair_id, [])
    return {i: sorted(said, key=KINDS.index) for i, said in kinds.items()}


def _notes(evidence: Evidence, hidden: int, left_out: int) -> Iterator[str]:
    recipe = evidence.lock["recipe"]
    if hidden:
        yield (
            f"{hidden:,} of {evidence.pairs.height:,} pairs may not be shown: a step that guards "
            "privacy, safety, consent or licences refused them, or has not looked at them"
        )
    if recipe["release"]["media"] != "embed":
        yield "the release refers to its media and holds none, and neither does this report"
    if left_out:
        yield f"{left_out:,} thumbnails and clips are left out, so that the report opens quickly"
    unseen = [name for name, field in recipe["fields"].items() if field["type"] == "sensor"]
    if unseen:
        yield f"streams of sensors are not drawn: {', '.join(unseen)}"
