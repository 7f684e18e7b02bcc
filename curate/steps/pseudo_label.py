"""Fill what pairs lack, or hold only weakly: one word, several kinds of labellers."""

from __future__ import annotations

from typing import ClassVar

from curate.steps.ask import Questions
from curate.steps.caption import Caption
from curate.steps.classify import Classify
from curate.steps.describe import Describe
from curate.steps.language import Language
from curate.steps.neighbours import Neighbours
from curate.steps.step import Step
from curate.steps.train import Train
from curate.steps.transcribe import Transcribe
from curate.steps.translate import Translate


class PseudoLabel(Step):
    """Fill a field from the others, where a labeller is sure enough."""

    word: ClassVar[str] = "pseudo_label"
    summary: ClassVar[str] = "fill a field that is missing or weak from the others"
    forms: ClassVar[tuple[type[Step], ...]] = (
        Neighbours,
        Train,
        Transcribe,
        Caption,
        Describe,
        Classify,
        Translate,
        Language,
        Questions,
    )
