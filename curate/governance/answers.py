"""Answers of people, as statements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from curate.governance.questions import QUESTIONS
from curate.governance.statement import Statement

FILE = "answers.yaml"


class Answer(BaseModel):
    """What somebody said: a value, or why there is nothing to say."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    value: str | None = Field(None, min_length=1, description="The answer.")
    not_applicable: str | None = Field(
        None, min_length=1, description="Why there is nothing to answer."
    )
    by: str | None = Field(None, min_length=1, description="Who says so.")
    at: str | None = Field(
        None, pattern=r"^\d{4}(-\d\d(-\d\d)?)?$", description="When, such as 2026-11-30."
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Answer:
        if (self.value is None) == (self.not_applicable is None):
            raise ValueError("an answer has either a 'value' or says why it is 'not_applicable'")
        return self


def statements(answers: Mapping[str, Answer]) -> dict[str, Statement[str]]:
    """A statement for every question; of those without an answer, who should give it."""
    return {
        key: _statement(answers[key])
        if key in answers
        else Statement(status="not_provided", by=question.by)
        for key, question in QUESTIONS.items()
    }


def _statement(answer: Answer) -> Statement[str]:
    if answer.not_applicable is not None:
        why: dict[str, Any] = {"status": "not_applicable", "evidence": answer.not_applicable}
        return Statement(**why, by=answer.by, at=answer.at)
    return Statement(
        value=answer.value, status="declared", evidence=FILE, by=answer.by, at=answer.at
    )
