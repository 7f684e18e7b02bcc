"""The strip at the head of the page: six answers, each with where to read on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from curate.governance.energy import kwh_in_words
from curate.report.quality import evaluated
from curate.report.wording import NOTHING, count, of, share

if TYPE_CHECKING:
    from curate.report.content import Report
    from curate.report.quality import Found

Tone: TypeAlias = Literal["plain", "well", "ill"]


@dataclass(frozen=True)
class Answer:
    """One box of the strip."""

    asked: str
    figure: str
    words: tuple[str, ...]
    anchor: str
    tone: Tone = "plain"


def headline(report: Report) -> tuple[Answer, ...]:
    """Pairs, why they went, quality, bias, energy, gates."""
    return tuple(make(report) for make in (_pairs, _reasons, _quality, _bias, _energy, _gates))


def _pairs(report: Report) -> Answer:
    pairs = report.facts.pairs
    splits = (pairs.splits.value or {}).items()
    words = [f"kept of {count(pairs.read.value)} read, {share(pairs.kept_share.value)}"]
    words += [", ".join(f"{number:,} {name}" for name, number in splits)] if splits else []
    if pairs.synthetic_share.value:
        words.append(f"{share(pairs.synthetic_share.value)} made by machines")
    return Answer("Pairs", count(pairs.kept.value), tuple(words), "flow")


def _reasons(report: Report) -> Answer:
    losses = sorted(report.facts.pairs.losses.value or (), key=lambda loss: -loss.pairs)
    gone = sum(loss.pairs for loss in losses)
    words = [f"{loss.pairs:,} {loss.reason}" for loss in losses[:3]]
    more = f"{len(losses) - 3} other reasons" if len(losses) > 3 else ""
    return Answer("Why pairs went", count(gone), tuple(filter(None, [*words, more])), "flow")


def _quality(report: Report) -> Answer:
    mismatched = report.facts.making.expected_mismatch_share.value
    words = tuple(_findings(report))
    if mismatched is not None:
        told = f"expected mismatched of what is kept{'' if words else ', nothing else measured'}"
        return Answer("Quality", share(mismatched), (told, *words), "quality")
    return Answer("Quality", NOTHING, words or ("no evaluation in the recipe",), "quality")


def _findings(report: Report) -> Iterator[str]:
    found = evaluated(report.evaluation)
    for one in found[:2]:
        first = _telling(one.figures)
        yield f"{one.name}: {first.name} {first.told}" if first else one.headline
    if not found:
        for name, said in list(report.facts.evaluation.items())[:2]:
            yield said.value or name


def _telling(figures: Sequence[Found]) -> Found | None:
    """The figure with the shortest name: those of a part of the evaluation have longer ones."""
    return min(figures, key=lambda found: found.name.count(" "), default=None)


def _bias(report: Report) -> Answer:
    audit, flagged = report.audit, report.facts.bias.flagged.value
    if audit is None or flagged is None:
        return Answer("Bias", NOTHING, (report.facts.bias.flagged.evidence or "",), "groups")
    words = [f"of {of(audit.judged, 'judged group')} flagged"]
    words += [f"{flag.field} {flag.level}: {flag.direction}" for flag in audit.flagged[:2]]
    words += [] if audit.fields else ["no field's groups are compared"]
    return Answer("Bias", str(flagged), tuple(words), "groups", "ill" if flagged else "plain")


def _energy(report: Report) -> Answer:
    energy = report.energy
    if energy is None or energy.kwh is None:
        return Answer("Energy", NOTHING, ("not metered",), "energy")
    words = [str(energy.method)]
    words += [f"{energy.g_co2e:.3g} g CO2e"] if energy.g_co2e is not None else energy.notes[:1]
    words += (
        [f"{kwh_in_words(energy.saved_kwh)} saved by what was known"] if energy.saved_kwh else []
    )
    return Answer("Energy", kwh_in_words(energy.kwh), tuple(words), "energy")


def _gates(report: Report) -> Answer:
    if not report.held:
        return Answer("Gates", NOTHING, ("the recipe has none",), "gates")
    passed = sum(one.passed for one in report.held)
    failed = [f"{one.fact} {one.why}" for one in report.held if not one.passed]
    words = failed[:3] or ["every gate holds"]
    tone: Tone = "ill" if failed else "well"
    return Answer("Gates", f"{passed} of {len(report.held)}", tuple(words), "gates", tone)
