"""Make new pairs: one word, several kinds of generators."""

from __future__ import annotations

from typing import ClassVar

from curate.steps.augment import Augment
from curate.steps.draw import Draw
from curate.steps.film import Film
from curate.steps.rewrite import Rewrite
from curate.steps.speak import Speak
from curate.steps.step import Step
from curate.steps.vary import Vary


class Synthesize(Step):
    """Make new pairs, and take those that prove what they should be."""

    word: ClassVar[str] = "synthesize"
    summary: ClassVar[str] = "make new pairs, and take those that pass"
    forms: ClassVar[tuple[type[Step], ...]] = (Draw, Film, Vary, Speak, Rewrite, Augment)
