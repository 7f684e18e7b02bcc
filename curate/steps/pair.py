"""Make pairs of parts: rows of several sources, or stretches of recordings that run side by side."""

from __future__ import annotations

from typing import ClassVar

from curate.steps.pair_key import PairKey
from curate.steps.pair_similarity import PairSimilarity
from curate.steps.pair_time import PairTime
from curate.steps.step import Step


class Pair(Step):
    """Make pairs of parts; runs before every other step."""

    word: ClassVar[str] = "pair"
    summary: ClassVar[str] = "make pairs of rows of several sources, by key, time or similarity"
    forms: ClassVar[tuple[type[Step], ...]] = (PairKey, PairTime, PairSimilarity)
