"""Who was kept: every group against the rest, all tests of all fields one family.

A group is compared with all other pairs together, `unknown` ones among them. Of a field with two
groups that is one test, and the flag is the one's that is kept less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from curate.governance.audit_settings import AuditSettings
from curate.governance.clustered import Clustered, clustered
from curate.governance.estimate import DECIMALS, Estimate, Record, estimate, share
from curate.governance.family import holm
from curate.governance.population import Counts, Field
from curate.governance.proportion import Part, detectable, fisher, newcombe

Direction: TypeAlias = Literal["kept less", "kept more"]


class Level(Record):
    """One group of a field at the cumulative decision."""

    level: str
    n: int | None
    """Pairs that were seen; None where they are too few to show."""
    kept: int | None = None
    rate: Estimate | None = None
    """Kept of those that were seen."""
    share_before: float | None = None
    """Of all pairs seen; afterwards of all kept."""
    share_after: float | None = None
    difference: Estimate | None = None
    """The group's rate minus the rest's."""
    ratio: float | None = None
    """The group's rate as a share of the rest's; None where nothing of the rest was kept."""
    p: float | None = None
    p_family: float | None = None
    """After Holm over all tests of the audit."""
    detectable: float | None = None
    """The smallest loss against the rest that would be found 8 times in 10, at the level that the
    family leaves to one test; None where even losing all would not."""
    not_judged: str | None = None
    """Why no test was made."""
    flagged: Direction | None = None


@dataclass(frozen=True)
class Contrast:
    """A group against the rest, before the family is known."""

    field: Field
    level: str
    part: Part
    rest: Part
    not_judged: str | None = None
    p: float | None = None
    by_cluster: Clustered | None = None
    of_two: bool = False
    """Whether the rest is one group, too, so that both make one test."""

    @property
    def test(self) -> tuple[str, str]:
        return self.field.name, "" if self.of_two else self.level


def contrasts(counts: Counts, settings: AuditSettings) -> list[Contrast]:
    """Every group of every field against the rest."""
    return [one for field in counts.fields for one in _of_field(counts, field, settings)]


def _of_field(counts: Counts, field: Field, settings: AuditSettings) -> Iterator[Contrast]:
    parts = {place: part for place, part in counts.by(field).items() if place != field.early}
    there = [(field.levels[place], part) for place, part in parts.items()]
    whole = Part(sum(part.kept for _, part in there), sum(part.n for _, part in there))
    grouped = clustered(counts, field) if settings.cluster_by is not None else {}
    for place, (level, part) in zip(parts, there, strict=True):
        rest = Part(whole.kept - part.kept, whole.n - part.n)
        one = Contrast(
            field, level, part, rest, by_cluster=grouped.get(place), of_two=len(parts) == 2
        )
        why = _not_judged(one, settings)
        yield replace(one, not_judged=why, p=None if why else _p(one))


def _not_judged(one: Contrast, settings: AuditSettings) -> str | None:
    if one.rest.n == 0:
        return "there is no other group"
    if one.part.n < settings.smallest_group:
        return f"fewer than {settings.smallest_group} pairs"
    if one.rest.n < settings.smallest_group:
        return f"fewer than {settings.smallest_group} other pairs"
    if one.by_cluster is not None and one.by_cluster.p is None:
        return "too few clusters"
    return None


def _p(one: Contrast) -> float:
    """By clusters a difference must hold for pairs, too."""
    p = fisher(one.part, one.rest)
    if one.by_cluster is not None and one.by_cluster.p is not None:
        return max(p, one.by_cluster.p)
    return p


class Family(Record):
    """The tests that were made together."""

    tests: int
    method: str = "Holm"
    significance: float
    """Of all tests together."""
    each: float | None
    """What that leaves to the first of them."""


@dataclass(frozen=True)
class Judged:
    """All contrasts after the family is known."""

    family: Family
    levels: dict[str, tuple[Level, ...]]
    """By field."""


def judged(made: Sequence[Contrast], settings: AuditSettings) -> Judged:
    """Put the tests together, and flag what is both far and significant."""
    tests = {one.test: one.p for one in made if one.p is not None}
    adjusted = dict(zip(tests, holm(list(tests.values())), strict=True))
    each = settings.significance / len(tests) if tests else None
    total = {
        one.field.name: (one.part.n + one.rest.n, one.part.kept + one.rest.kept) for one in made
    }
    levels: dict[str, list[Level]] = {name: [] for name in total}
    for one in sorted(made, key=lambda one: one.field.levels.index(one.level)):
        found = _level(one, adjusted.get(one.test), each, total[one.field.name], settings)
        levels[one.field.name].append(found)
    family = Family(tests=len(tests), significance=settings.significance, each=each)
    return Judged(family, {name: tuple(found) for name, found in levels.items()})


def _level(
    one: Contrast,
    p_family: float | None,
    each: float | None,
    total: tuple[int, int],
    settings: AuditSettings,
) -> Level:
    if one.part.n < settings.hidden_below:
        why = f"fewer than {settings.hidden_below} pairs: hidden"
        return Level(level=one.level, n=None, not_judged=why)
    part, rest = one.part, one.rest
    shown = Level(
        level=one.level,
        n=part.n,
        kept=part.kept,
        rate=_rate(one),
        share_before=round(part.n / total[0], DECIMALS),
        share_after=round(part.kept / total[1], DECIMALS) if total[1] else None,
        not_judged=one.not_judged,
    )
    if rest.n == 0:
        return shown
    ratio = part.rate / rest.rate if rest.kept else None
    found: dict[str, Any] = {"difference": _difference(one), "ratio": _rounded(ratio)}
    if one.p is None or p_family is None or each is None:
        return shown.model_copy(update=found)
    size = part.n / (one.by_cluster.design_effect if one.by_cluster else 1.0)
    found |= {
        "p": _significant(one.p),
        "p_family": _significant(p_family),
        "detectable": _rounded(detectable(size, rest, each)),
        "flagged": _flag(one, p_family, settings),
    }
    return shown.model_copy(update=found)


def _rate(one: Contrast) -> Estimate | None:
    if one.by_cluster is not None:
        return estimate(one.part.rate, one.by_cluster.rate)
    return share(*one.part)


def _difference(one: Contrast) -> Estimate:
    interval = one.by_cluster.difference if one.by_cluster else newcombe(one.part, one.rest)
    return estimate(one.part.rate - one.rest.rate, interval)


def _flag(one: Contrast, p_family: float, settings: AuditSettings) -> Direction | None:
    low, high = sorted((one.part.rate, one.rest.rate))
    far = high - low > settings.difference or low < settings.ratio * high
    if not far or p_family > settings.significance:
        return None
    if one.part.rate < one.rest.rate:
        return "kept less"
    return None if one.of_two else "kept more"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)


def _significant(value: float) -> float:
    """Three digits of a p value."""
    return float(f"{value:.3g}")
