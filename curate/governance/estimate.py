"""What documents are made of: frozen records, and figures with the interval that they lie in."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from curate.evaluation.interval import wilson

DECIMALS = 6
TINY = 1e-16


class Record(BaseModel):
    """Base of what a document holds: never changed, and nothing that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Estimate(Record):
    """A figure and its interval at 95 %."""

    value: float
    low: float
    high: float


def estimate(value: float, interval: tuple[float, float]) -> Estimate:
    low, high = (round(float(end), DECIMALS) for end in interval)
    return Estimate(value=round(float(value), DECIMALS), low=low, high=high)


def share(count: int, of: int) -> Estimate | None:
    """A share with Wilson's interval; None of nothing."""
    return estimate(count / of, wilson(count, of)) if of else None


def chance(p: float) -> str:
    """A p value for people."""
    return f"< {TINY:g}" if p < TINY else f"{p:.2g}"
