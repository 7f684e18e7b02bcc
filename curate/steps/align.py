"""Score how well what stands in a pair belongs together: one word, several kinds of evidence."""

from __future__ import annotations

from typing import ClassVar

from curate.steps.fuse import Fuse
from curate.steps.labels import Labels
from curate.steps.score import Score
from curate.steps.step import Step
from curate.steps.texts import Texts
from curate.steps.transcript import Transcript


class Align(Step):
    """How well what stands in a pair belongs together."""

    word: ClassVar[str] = "align"
    summary: ClassVar[str] = "score how well the parts of a pair belong together, drop the worst"
    forms: ClassVar[tuple[type[Step], ...]] = (Score, Texts, Transcript, Labels, Fuse)
