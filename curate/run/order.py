"""In which order a recipe's steps run: as written, but for what must come first.

Parts are joined to pairs before anything else. Mixed filters are parted so that headers are looked at before anything is decoded; every medium is
decoded whole before the first step that looks at content; the split is assigned after copies
have gone, and before the first step that learns from the data or makes any; and what is still
incomplete after the last step that fills a field is no pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from curate.pairs.field import Fields
from curate.steps.step import FindsCopies, Step


@dataclass(frozen=True)
class Decode:
    """The point where every medium that is left is decoded whole."""


@dataclass(frozen=True)
class Complete:
    """The point after which every pair has what the recipe requires of it."""

    filled_later: frozenset[str] = frozenset()
    """Fields that it may still lack."""


Action: TypeAlias = Step | Decode | Complete


def joining(steps: Sequence[Step]) -> list[Action]:
    """What makes pairs of parts, before anything else."""
    joins: list[Action] = [step for step in steps if step.word == "pair"]
    filled = frozenset(name for step in steps for name in step.fills)
    return [*joins, Complete(filled)] if joins else []


def in_order(steps: Sequence[Step], fields: Fields) -> list[Action]:
    """What runs once pairs are formed, in order; always decodes somewhere."""
    rest = [step for step in steps if step.word != "pair"]
    parts = [part for step in _split_early(rest) for part in step.parts(fields)]
    place = next((n for n, part in enumerate(parts) if part.decodes(fields)), len(parts))
    filled = max((n for n, part in enumerate(parts, start=1) if part.fills), default=None)
    actions: list[Action] = list(parts)
    if filled is not None:
        actions.insert(filled, Complete())
    return [*actions[:place], Decode(), *actions[place:]]


def _split_early(steps: Sequence[Step]) -> list[Step]:
    ordered = [step for step in steps if step.word != "split"]
    for split in (step for step in steps if step.word == "split"):
        fits = next(
            (n for n, step in enumerate(ordered) if step.fits or step.proposes), len(ordered)
        )
        dedups = [n for n, step in enumerate(ordered, start=1) if isinstance(step, FindsCopies)]
        ordered.insert(min(fits, max([steps.index(split), *dedups])), split)
    return ordered
