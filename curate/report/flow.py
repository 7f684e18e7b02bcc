"""How pairs flow through the steps, from the ledger alone: nothing is counted twice, nothing is lost.

The first step begins with every pair that was read. Pairs formed of parts and pairs made by machines
are `added`; one that was made and rejected is added and leaves at once. Rows that were equal to another
are no pairs of their own, and are told in the note.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from curate.ledger.verdict import LEAVES
from curate.report.content import Exit, Passage

if TYPE_CHECKING:
    from curate.governance.evidence import Evidence

COMES = ("add", "reject")
MOST_EXITS = 12
"""Reasons of a step that are told apart; the rest are one."""


def flow(evidence: Evidence) -> list[Passage]:
    """Every step in order; what one leaves is what the next begins with."""
    lines = evidence.decisions
    counts = lines.group_by("step", "verdict", "reason").agg(
        pairs=pl.col("pair_id").n_unique(), lines=pl.len()
    )
    came = lines.filter(pl.col("verdict").is_in(COMES))["pair_id"].n_unique()
    alive, passages = evidence.pairs.height - came, []
    for step, name, note in _steps(evidence):
        said = counts.filter(pl.col("step") == step)
        passage = _passage(step, name, alive, said, note)
        passages.append(passage)
        alive = passage.after
    return passages


def _steps(evidence: Evidence) -> Iterator[tuple[str, str, str | None]]:
    """Number, name and note of every step that ran or said something."""
    told = {stage["step"]: (stage["name"], stage.get("note")) for stage in evidence.stages}
    said = evidence.decisions.select("step", "name").unique(keep="first")
    known = {step: (name, None) for step, name in said.iter_rows()} | told
    for step in sorted(known, key=int):
        yield step, *known[step]


def _passage(step: str, name: str, before: int, said: pl.DataFrame, note: str | None) -> Passage:
    added = int(said.filter(pl.col("verdict").is_in(COMES))["pairs"].sum())
    exits = tuple(_exits(said.filter(pl.col("verdict").is_in(LEAVES))))
    merged = int(said.filter(pl.col("verdict") == "merge")["lines"].sum())
    return Passage(
        step=step,
        name=name,
        before=before,
        added=added,
        exits=exits,
        after=before + added - sum(one.pairs for one in exits),
        note=note or (f"{merged:,} equal rows are one pair with another" if merged else None),
    )


def _exits(said: pl.DataFrame) -> Iterator[Exit]:
    """By reason, the most frequent first."""
    rows = said.sort("pairs", "verdict", "reason", descending=[True, False, False])
    for verdict, reason, pairs in rows.head(MOST_EXITS).select("verdict", "reason", "pairs").rows():
        yield Exit(verdict, reason or verdict, pairs)
    for (verdict,), others in rows[MOST_EXITS:].group_by(["verdict"], maintain_order=True):
        yield Exit(str(verdict), f"{others.height} other reasons", int(others["pairs"].sum()))
