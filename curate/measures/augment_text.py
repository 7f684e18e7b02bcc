"""Texts with slips of spelling, as hasty hands make them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from curate.measures.augment import Chance, computing, drawing
from curate.measures.measure import Compute, Measure
from curate.pairs.identity import content_hash

_WORD = re.compile(r"[^\W\d_]{4,}")
"""Shorter words would often become other words."""


def augment(measure: Measure, models: Mapping[str, Path]) -> Compute:
    return partial(computing, alter=altered)(measure, models)


def altered(text: str, by: Mapping[str, float], seed: int) -> str | None:
    draw = drawing(content_hash(text), seed)
    made = spelling(text, by["spelling"], draw("spelling"))
    return None if made == text else made


def spelling(text: str, share: float, chance: Chance) -> str:
    """In this share of the words, one at least, a letter inside left out, doubled or moved on."""
    words = list(_WORD.finditer(text))
    count = min(len(words), max(1, round(share * len(words))))
    for at in sorted(chance.permutation(len(words))[:count], reverse=True):
        start, end = words[at].span()
        text = text[:start] + _misspelt(words[at][0], chance) + text[end:]
    return text


def _misspelt(word: str, chance: Chance) -> str:
    at = int(chance.integers(1, len(word) - 2, endpoint=True))
    before, letter, after = word[:at], word[at], word[at + 1 :]
    slips = [before + after, before + letter * 2 + after]
    if at < len(word) - 2 and after[0] != letter:
        slips.append(before + after[0] + letter + after[1:])
    return slips[int(chance.integers(len(slips)))]
