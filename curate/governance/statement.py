"""One thing a release says of itself, and how it is known."""

from __future__ import annotations

from typing import Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")
Status: TypeAlias = Literal["measured", "derived", "declared", "not_provided", "not_applicable"]


class Statement(BaseModel, Generic[T]):
    """A value with where it is from.

    `measured`: by an instrument or a model. `derived`: follows from the release's own tables.
    `declared`: a person says so. `not_provided`: somebody should say it and has not; `by` names
    who. `not_applicable`: there is nothing to say; `evidence` says why.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: T | None = None
    status: Status
    evidence: str | None = None
    """The file of the release that proves it, or the reason that there is none."""
    by: str | None = None
    """Who said it, or who should."""
    at: str | None = None
    """When, in ISO 8601."""


def derived(value: T, evidence: str) -> Statement[T]:
    """What follows from a file of the release."""
    return Statement(value=value, status="derived", evidence=evidence)


def measured(value: T, evidence: str, at: str | None = None) -> Statement[T]:
    """What an instrument or a model said."""
    return Statement(value=value, status="measured", evidence=evidence, at=at)


def not_provided(by: str) -> Statement[T]:
    """What nobody has said yet, and who should."""
    return Statement(status="not_provided", by=by)


def not_applicable(why: str) -> Statement[T]:
    """What there is nothing to say about."""
    return Statement(status="not_applicable", evidence=why)
