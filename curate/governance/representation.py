"""How the groups' shares lie beside those that somebody stated, before and after the decisions."""

from __future__ import annotations

from collections.abc import Mapping

from curate.governance.estimate import DECIMALS, Estimate, Record, share
from curate.governance.population import Counts, Field


class Represented(Record):
    """A group that the reference names."""

    level: str
    reference: float
    before: Estimate | None
    """Of all pairs seen."""
    after: Estimate | None
    """Of all pairs kept."""
    released: Estimate | None
    """Of all pairs released, synthetic ones among them."""


class Representation(Record):
    """A field with a reference."""

    field: str
    levels: tuple[Represented, ...]
    left_out: int
    """Pairs seen whose group the reference does not name; shares are of the others."""
    distance_before: float | None
    """Half the sum of the distances to the reference (total variation), 0 to 1."""
    distance_after: float | None
    distance_released: float | None


def represented(
    counts: Counts, made: Counts, references: Mapping[str, Mapping[str, float]]
) -> tuple[Representation, ...]:
    """Of every field that has a reference; `made` counts the synthetic pairs."""
    return tuple(
        _of_field(counts, made, field, references[field.name])
        for field in counts.fields
        if field.name in references
    )


def _of_field(
    counts: Counts, made: Counts, field: Field, reference: Mapping[str, float]
) -> Representation:
    parts = {field.levels[place]: part for place, part in counts.by(field).items()}
    added = {field.levels[place]: part.kept for place, part in made.by(field).items()}
    before = {level: parts[level].n if level in parts else 0 for level in reference}
    after = {level: parts[level].kept if level in parts else 0 for level in reference}
    released = {level: after[level] + added.get(level, 0) for level in reference}
    stages = (before, after, released)
    return Representation(
        field=field.name,
        levels=tuple(
            Represented(
                level=level,
                reference=wanted,
                before=_share(before, level),
                after=_share(after, level),
                released=_share(released, level),
            )
            for level, wanted in reference.items()
        ),
        left_out=sum(part.n for level, part in parts.items() if level not in reference),
        **dict(
            zip(
                ("distance_before", "distance_after", "distance_released"),
                (_distance(stage, reference) for stage in stages),
                strict=True,
            )
        ),
    )


def _share(stage: Mapping[str, int], level: str) -> Estimate | None:
    return share(stage[level], sum(stage.values()))


def _distance(stage: Mapping[str, int], reference: Mapping[str, float]) -> float | None:
    total = sum(stage.values())
    if not total:
        return None
    off = sum(abs(stage[level] / total - wanted) for level, wanted in reference.items())
    return round(off / 2, DECIMALS)
