"""Take out what belongs to people: in texts, in what files say of themselves, in pictures."""

from __future__ import annotations

from typing import ClassVar

from curate.steps.faces import Faces
from curate.steps.private_text import PrivateText
from curate.steps.step import Step
from curate.steps.strip import Strip


class Privacy(Step):
    """Take out, flag or drop what tells of a person."""

    word: ClassVar[str] = "privacy"
    summary: ClassVar[str] = "redact, drop or flag what tells of people"
    forms: ClassVar[tuple[type[Step], ...]] = (PrivateText, Strip, Faces)
