"""What the audit found, in the order that it is looked at: who differs, where, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curate.governance.estimate import Estimate
from curate.report.charts import Chart, rates
from curate.report.wording import NOTHING, between, count, share, title

if TYPE_CHECKING:
    from pydantic import BaseModel

    from curate.governance.audit import Audit, FieldAudit
    from curate.governance.intersections import Cell, Intersection
    from curate.governance.passage import Passed, StepPassage

MOST_DRAWN = 24
"""Groups of a field that are drawn; the table has them all."""
MOST_CELLS = 40
"""Combinations of two groups that are listed."""
_SHADES = 5


@dataclass(frozen=True)
class Stay:
    """What share of a group a step let pass."""

    passed: Passed | None

    @property
    def told(self) -> str:
        return share(self.passed.rate.value) if self.passed and self.passed.rate else NOTHING

    @property
    def shade(self) -> int:
        """0 where all stayed, up to 5 where half or fewer did."""
        if self.passed is None or self.passed.rate is None:
            return 0
        lost = 1 - self.passed.rate.value
        return 0 if lost <= 0 else min(_SHADES, 1 + int(lost * 10))


@dataclass(frozen=True)
class Compared:
    """One group field."""

    field: FieldAudit
    chart: Chart | None
    drawn: int
    steps: tuple[StepPassage, ...]
    """That took any pair out."""
    passages: tuple[tuple[str, tuple[Stay, ...]], ...]
    """Group -> what each of these steps let pass."""


def compared(audit: Audit) -> tuple[Compared, ...]:
    """Every field's groups."""
    return tuple(_compared(audit, field) for field in audit.fields)


def _compared(audit: Audit, field: FieldAudit) -> Compared:
    known = [level for level in field.levels if level.rate is not None]
    overall = audit.population.rate.value if audit.population.rate else None
    steps = tuple(step for step in audit.steps if step.left)
    return Compared(
        field=field,
        chart=rates(field, overall, MOST_DRAWN) if known else None,
        drawn=min(MOST_DRAWN, len(known)),
        steps=steps,
        passages=_passages(field, steps),
    )


def _passages(
    field: FieldAudit, steps: Sequence[StepPassage]
) -> tuple[tuple[str, tuple[Stay, ...]], ...]:
    by_step = [{one.level: one for one in step.fields.get(field.field, ())} for step in steps]
    names = [level.level for level in field.levels if level.n is not None]
    return tuple((name, tuple(Stay(found.get(name)) for found in by_step)) for name in names)


def least_kept(found: Intersection) -> tuple[Cell, ...]:
    """Combinations of groups that lost any pair, those that surely were kept least often first."""
    lost = [cell for cell in found.cells if cell.kept < cell.n]
    return tuple(sorted(lost, key=lambda cell: cell.rate.high if cell.rate else 1.0)[:MOST_CELLS])


def records(lines: Sequence[BaseModel]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """A table of records of one kind: their fields' names, and each field in words."""
    if not lines:
        return (), ()
    names = tuple(type(lines[0]).model_fields)
    rows = tuple(tuple(_told(getattr(line, name)) for name in names) for line in lines)
    return tuple(title(name) for name in names), rows


def _told(value: Any) -> str:
    if isinstance(value, Estimate):
        return f"{share(value.value)} ({between(value)})"
    if isinstance(value, float):
        return share(value)
    if isinstance(value, int):
        return count(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_told(part)}" for name, part in value.items()) or NOTHING
    return NOTHING if value is None else str(value)
