"""A release at a glance: how many pairs, why others went, what was found, what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from curate.governance.energy import kwh_in_words
from curate.notebook.answer import Block, Cell, Line, Table, Title

if TYPE_CHECKING:
    from curate.governance.facts import Facts
    from curate.governance.gates import Held
    from curate.notebook.release import Release


def overview(release: Release) -> Iterator[Block]:
    """From what matters most to what can be asked next."""
    facts = release.facts
    yield Title(release.published.title)
    if facts.release.description.value:
        yield Line(facts.release.description.value)
    yield Table((), tuple(_pairs(facts)), "Pairs")
    findings = (*_findings(facts), *_gates(release.gates))
    if findings:
        yield Table((), findings, "Findings")
    yield Line(f"digest {release.digest[:16]}…")


def _pairs(facts: Facts) -> Iterator[tuple[Cell, ...]]:
    pairs = facts.pairs
    yield (pairs.read.value, "read")
    for split, count in (pairs.splits.value or {}).items():
        yield (count, f"kept in {split}")
    why: Counter[str] = Counter()
    for loss in pairs.losses.value or ():
        why[f"{loss.name}: {loss.reason}"] += loss.pairs
    for reason, count in why.items():
        yield (count, reason)
    for word, fact in (("equal rows merged", pairs.merged), ("made by machines", pairs.made)):
        if fact.value:
            yield (fact.value, word)


def _findings(facts: Facts) -> Iterator[tuple[Cell, ...]]:
    for word, finding in facts.evaluation.items():
        yield (word, finding.value)
    if facts.bias.headline.value:
        yield ("groups", facts.bias.headline.value)
    if facts.energy.kwh.value is not None:
        yield ("energy", kwh_in_words(facts.energy.kwh.value))


def _gates(held: list[Held]) -> Iterator[tuple[Cell, ...]]:
    for one in held:
        yield (f"gate {one.fact}", f"{'holds' if one.passed else 'does not hold'}: {one.why}")
