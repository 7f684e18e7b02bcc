"""How far people agree on whether pairs stay: Cohen's kappa of every two reviewers.

Cohen 1960, A Coefficient of Agreement for Nominal Scales: the share of pairs on which two people say
the same, less what they would by chance, each keeping to their own shares of answers. 1 is full
agreement, 0 no more than chance. Only pairs that both judged count; each person's last answer does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from curate.run.reviews import Reviews

Answers: TypeAlias = dict[str, str]
"""Pair -> `keep`, `drop` or `unsafe`."""


@dataclass(frozen=True)
class Agreement:
    """Of two people."""

    one: str
    other: str
    pairs: int
    """That both judged."""
    same: float
    """Share on which they said the same."""
    kappa: float | None
    """None where chance alone would make them agree: both gave one and the same answer throughout."""


def agreements(reviews: Reviews | None) -> list[Agreement]:
    """Every two people who judged a pair in common, by name."""
    people = sorted(answers(reviews).items())
    return [
        _agreement(one, other, said, told)
        for (one, said), (other, told) in combinations(people, 2)
        if said.keys() & told.keys()
    ]


def answers(reviews: Reviews | None) -> dict[str, Answers]:
    """What each person says of each pair at last."""
    found: dict[str, Answers] = {}
    for (pair_id, question), people in (reviews.by_person if reviews else {}).items():
        if question == "verdict":
            for by, one in people.items():
                found.setdefault(by, {})[pair_id] = one.said.action
    return found


def _agreement(one: str, other: str, said: Answers, told: Answers) -> Agreement:
    common = sorted(said.keys() & told.keys())
    left, right = [said[pair] for pair in common], [told[pair] for pair in common]
    same = sum(a == b for a, b in zip(left, right, strict=True)) / len(common)
    return Agreement(one, other, len(common), same, kappa(left, right))


def kappa(left: Sequence[str], right: Sequence[str]) -> float | None:
    """Cohen's kappa of two people's answers on the same things, in the same order."""
    n, mine, theirs = len(left), Counter(left), Counter(right)
    same = sum(a == b for a, b in zip(left, right, strict=True)) / n
    chance = sum(mine[answer] * theirs[answer] for answer in mine) / n**2
    return None if chance == 1 else (same - chance) / (1 - chance)
