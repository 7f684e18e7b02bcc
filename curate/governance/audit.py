"""The bias audit of a release: who was seen, who was kept, and what else differs between groups.

    audited(pairs, decisions, made, groups, texts, settings) -> Audit

A pure function of the release's own tables, counted once. What is tested is only whether a group was
kept more or less often than the rest, after all steps; everything else is described. A flag says
that decisions differ between groups, and neither why nor whether they should.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

import polars as pl

from curate.governance.associations import FieldAssociations, associations
from curate.governance.audit_settings import AuditSettings, LabelOrigin
from curate.governance.corrections import Corrections, Reviewer, corrections, reviewers
from curate.governance.estimate import DECIMALS, Estimate, Record, chance, share
from curate.governance.generated import LabelledField, Origins, labels, origins
from curate.governance.intersections import Intersection, intersections
from curate.governance.parity import Parity, parity
from curate.governance.passage import StepPassage, passages
from curate.governance.population import EARLY, UNKNOWN, Counts, Field, Populations, counted
from curate.governance.representation import Representation, represented
from curate.governance.selection import Direction, Family, Level, contrasts, judged

FILE = "audit.json"
NOT_PROVIDED: Literal["not provided"] = "not provided"
Origin: TypeAlias = LabelOrigin | Literal["not provided"]


class FieldAudit(Record):
    """A group field at the cumulative decision."""

    field: str
    origin: Origin
    """Who said which group a pair is of."""
    by_machine: int
    """Pairs whose group a step of the recipe filled in."""
    unknown: int
    early: int = 0
    """Pairs that left before a step filled in their group; in no figure of the groups."""
    incomplete: dict[str, int]
    """By group, rows that never were pairs; no share of the groups' figures. Groups with too few of
    them to show are left out."""
    levels: tuple[Level, ...]
    parity: Parity | None
    """Fairlearn's metrics; None where fewer than two groups are judged."""


class Flag(Record):
    """A group that was treated differently, by a lot and not by chance."""

    field: str
    level: str
    n: int
    rate: float
    rest: float
    """The rate of all others."""
    difference: float
    ratio: float | None
    p: float
    """After Holm over all tests."""
    direction: Direction
    step: str | None
    """The step that made most of the difference."""

    def __str__(self) -> str:
        by = f", most of it by {self.step}" if self.step else ""
        return (
            f"{self.field} {self.level}: {self.rate:.1%} kept, of the rest {self.rest:.1%} "
            f"(p {chance(self.p)}{by})"
        )


class Population(Record):
    """Pairs that decisions were made about."""

    seen: int
    kept: int
    rate: Estimate | None
    incomplete: int
    """Rows that came without what the recipe requires, and never were pairs."""
    synthetic_made: int
    synthetic_kept: int


class Audit(Record):
    """`audit.json`."""

    format: int = 1
    decided: bool
    """Whether there were decisions; of data alone only what it holds is told."""
    settings: AuditSettings
    population: Population
    family: Family
    lowest_ratio: float
    """Of a flagged group's rate to the rest's, or the other way round; 1 where none is flagged."""
    flagged: tuple[Flag, ...]
    fields: tuple[FieldAudit, ...]
    steps: tuple[StepPassage, ...]
    intersections: tuple[Intersection, ...]
    representation: tuple[Representation, ...]
    origins: dict[str, tuple[Origins, ...]]
    labels: tuple[LabelledField, ...]
    corrections: tuple[Corrections, ...]
    associations: tuple[FieldAssociations, ...]
    reviewers: tuple[Reviewer, ...] = ()
    """Who decided what, by group; nobody in releases that were made before it was told."""

    @property
    def judged(self) -> int:
        """Groups that are large enough to be judged."""
        return sum(level.p is not None for field in self.fields for level in field.levels)

    @property
    def headline(self) -> str:
        """The finding in a line."""
        groups = ", ".join(field.field for field in self.fields) or "none"
        if not self.decided:
            return f"{self.population.seen:,} pairs, no decisions; groups by {groups}"
        if not self.family.tests:
            return f"no group could be judged; groups by {groups}"
        if not self.flagged:
            return f"no group flagged in {self.family.tests} tests; groups by {groups}"
        first = min(self.flagged, key=lambda flag: flag.difference)
        more = f" and {len(self.flagged) - 1} more" if len(self.flagged) > 1 else ""
        return f"flagged: {first}{more}, in {self.family.tests} tests"


def audited(
    pairs: pl.DataFrame,
    decisions: pl.DataFrame | None,
    made: pl.DataFrame | None,
    groups: Sequence[str],
    texts: Sequence[str],
    settings: AuditSettings,
) -> Audit:
    """Audit the tables of a release (`pairs`, `decisions`, `made` as its Parquet files hold them).

    `groups` are metadata fields, `texts` text fields, columns of `pairs`. Without `decisions` no test
    is made. Raises nothing on its own: a group that is too small, or a field with one group, is
    said to be so.
    """
    every = counted(pairs, decisions, groups, settings.cluster_by, made)
    counts, added = every.whole, every.synthetic
    found = judged(contrasts(counts, settings) if decisions is not None else [], settings)
    steps = passages(decisions, counts, settings.hidden_below) if decisions is not None else ()
    levels = found.levels if decisions is not None else _sizes(counts, settings)
    fields = tuple(
        _field_audit(every, place, levels.get(name, ()), made, settings)
        for place, name in enumerate(groups)
    )
    flags = tuple(_flags(fields, steps, counts.pairs.height))
    return Audit(
        decided=decisions is not None,
        settings=settings,
        population=_population(every),
        family=found.family,
        lowest_ratio=_lowest_ratio(flags),
        flagged=flags,
        fields=fields,
        steps=steps,
        intersections=intersections(counts, settings.hidden_below),
        representation=represented(counts, added, settings.reference),
        origins=origins(counts, added, settings.hidden_below),
        labels=labels(made, counts, settings.hidden_below) if made is not None else (),
        corrections=corrections(decisions, counts, settings.hidden_below)
        if decisions is not None
        else (),
        associations=associations(pairs, texts, counts, settings.smallest_group),
        reviewers=reviewers(decisions, counts, settings.hidden_below)
        if decisions is not None
        else (),
    )


def _sizes(counts: Counts, settings: AuditSettings) -> dict[str, tuple[Level, ...]]:
    """Groups of data that nothing was decided about."""
    found = {}
    for field in counts.fields:
        total = max(1, counts.pairs.height)
        found[field.name] = tuple(
            Level(level=field.levels[at], n=part.n, share_before=round(part.n / total, DECIMALS))
            if part.n >= settings.hidden_below
            else Level(level=field.levels[at], n=None)
            for at, part in counts.by(field).items()
        )
    return found


def _field_audit(
    every: Populations,
    place: int,
    levels: tuple[Level, ...],
    made: pl.DataFrame | None,
    settings: AuditSettings,
) -> FieldAudit:
    field = every.whole.fields[place]
    return FieldAudit(
        field=field.name,
        origin=settings.origins.get(field.name, NOT_PROVIDED),
        by_machine=0 if made is None else _filled(made, field.name, every.whole),
        unknown=_by_level(every.whole, field).get(UNKNOWN, 0),
        early=_by_level(every.whole, field).get(EARLY, 0),
        incomplete={
            level: n
            for level, n in _by_level(every.incomplete, field).items()
            if n >= settings.hidden_below
        },
        levels=levels,
        parity=parity(levels),
    )


def _filled(made: pl.DataFrame, name: str, counts: Counts) -> int:
    lines = made.filter((pl.col("field") == name) & pl.col("accepted"))
    return counts.pairs.join(lines, on="pair_id", how="semi").height


def _by_level(counts: Counts, field: Field) -> dict[str, int]:
    return {field.levels[place]: part.n for place, part in counts.by(field).items()}


def _population(every: Populations) -> Population:
    counts, added = every.whole, every.synthetic
    seen, kept = counts.pairs.height, int(counts.pairs["kept"].sum())
    return Population(
        seen=seen,
        kept=kept,
        rate=share(kept, seen),
        incomplete=every.incomplete.pairs.height,
        synthetic_made=added.pairs.height,
        synthetic_kept=int(added.pairs["kept"].sum()),
    )


def _lowest_ratio(flags: Sequence[Flag]) -> float:
    """Of both ways round; nothing kept of one of the two is 0."""
    ratios = [flag.ratio or 0.0 for flag in flags]
    return min((min(ratio, 1 / ratio) if ratio else 0.0 for ratio in ratios), default=1.0)


def _flags(fields: Sequence[FieldAudit], steps: Sequence[StepPassage], seen: int) -> Iterator[Flag]:
    for field in fields:
        for level in field.levels:
            if level.flagged is not None:
                yield _flag(field, level, steps, seen)


def _flag(field: FieldAudit, level: Level, steps: Sequence[StepPassage], seen: int) -> Flag:
    assert level.n is not None
    assert level.rate is not None
    assert level.difference is not None
    assert level.p_family is not None
    assert level.flagged is not None
    return Flag(
        field=field.field,
        level=level.level,
        n=level.n,
        rate=level.rate.value,
        rest=round(level.rate.value - level.difference.value, DECIMALS),
        difference=level.difference.value,
        ratio=level.ratio,
        p=level.p_family,
        direction=level.flagged,
        step=_step(field.field, level, steps, seen - field.early - level.n),
    )


def _step(field: str, level: Level, steps: Sequence[StepPassage], rest_n: int) -> str | None:
    """The step that took a share of the group most unlike that of the rest, in the flag's direction."""
    sign = 1 if level.flagged == "kept less" else -1

    def lost(step: StepPassage) -> float:
        gone = {one.level: one.left or 0 for one in step.fields[field]}
        left = gone.get(level.level, 0)
        others = step.left - left - gone.get(EARLY, 0)
        return sign * (left / (level.n or 1) - others / rest_n)

    worst = max(steps, key=lost, default=None)
    return None if worst is None else worst.name
