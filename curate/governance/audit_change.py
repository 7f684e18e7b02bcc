"""Two audits side by side: whose share grew, who is kept more or less often, which flags are new."""

from __future__ import annotations

from collections.abc import Iterator

from curate.governance.audit import Audit, Flag
from curate.governance.estimate import DECIMALS, Record
from curate.governance.selection import Level

WORTH = 0.0005
"""Smaller changes of a share are not told in words."""


class LevelChange(Record):
    """A group in the earlier and the later one; None where it is not there or hidden."""

    field: str
    level: str
    pairs: tuple[int | None, int | None]
    """In the data: kept, where there were decisions."""
    shares: tuple[float | None, float | None]
    """Of all pairs in the data."""
    rates: tuple[float | None, float | None]
    """Kept of those seen."""

    @property
    def moved(self) -> float:
        """How far the share moved; a group that is not there has none."""
        before, after = self.shares
        return round((after or 0.0) - (before or 0.0), DECIMALS)


class AuditChange(Record):
    """What is different in the later one."""

    levels: tuple[LevelChange, ...]
    new_flags: tuple[Flag, ...]
    gone_flags: tuple[Flag, ...]


def changes(old: Audit, new: Audit) -> AuditChange:
    """Of the fields that both audits know."""
    return AuditChange(
        levels=tuple(_levels(old, new)),
        new_flags=_only(new, old),
        gone_flags=_only(old, new),
    )


def change_lines(change: AuditChange) -> Iterator[str]:
    """The changes in words, the largest first."""
    for flag in change.new_flags:
        yield f"new flag: {flag}"
    for flag in change.gone_flags:
        yield f"no longer flagged: {flag.field} {flag.level}"
    moved = sorted(change.levels, key=lambda one: (-abs(one.moved), one.field, one.level))
    for one in moved:
        if abs(one.moved) >= WORTH:
            yield (
                f"{one.field} {one.level}: {_percent(one.shares[0])} -> {_percent(one.shares[1])} "
                f"of the pairs ({_count(one.pairs[0])} -> {_count(one.pairs[1])})"
            )
    if (
        not change.new_flags
        and not change.gone_flags
        and not any(abs(one.moved) >= WORTH for one in change.levels)
    ):
        yield "no group's share differs, and no flag"


def _levels(old: Audit, new: Audit) -> Iterator[LevelChange]:
    earlier = {field.field: field.levels for field in old.fields}
    for field in new.fields:
        if field.field not in earlier:
            continue
        before = {level.level: level for level in earlier[field.field]}
        after = {level.level: level for level in field.levels}
        for name in dict.fromkeys([*after, *before]):
            pair = before.get(name), after.get(name)
            yield LevelChange(
                field=field.field,
                level=name,
                pairs=(_pairs(pair[0]), _pairs(pair[1])),
                shares=(_share(pair[0]), _share(pair[1])),
                rates=(_rate(pair[0]), _rate(pair[1])),
            )


def _pairs(level: Level | None) -> int | None:
    if level is None:
        return None
    return level.n if level.kept is None else level.kept


def _share(level: Level | None) -> float | None:
    if level is None:
        return None
    return level.share_before if level.kept is None else level.share_after


def _rate(level: Level | None) -> float | None:
    return None if level is None or level.rate is None else level.rate.value


def _only(one: Audit, other: Audit) -> tuple[Flag, ...]:
    """The flags of one audit that the other has not."""
    known = {(flag.field, flag.level, flag.direction) for flag in other.flagged}
    return tuple(f for f in one.flagged if (f.field, f.level, f.direction) not in known)


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.1%}"


def _count(pairs: int | None) -> str:
    return "none" if pairs is None else f"{pairs:,}"
