"""What tells two releases apart, as one document. A is the one that was (`then`), B the one that is (`now`)."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

FORMAT = 1

Way: TypeAlias = Literal["added", "removed", "changed"]


class Part(BaseModel):
    """A part of the document."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Version(Part):
    """One of the two releases."""

    name: str
    version: str
    digest: str
    seen: int
    """Lines of `pairs.parquet`."""
    kept: int
    splits: dict[str, int]


class Reason(Part):
    """Pairs that were added, removed or changed for one reason."""

    way: Way
    cause: str
    """In words that begin a sentence about pairs: `dropped by 'filter caption.words'`."""
    step: str | None
    """The name in the ledger of the step that decided; None where no step did."""
    reason: str | None
    """What the ledger gives."""
    pairs: int
    score_then: float | None
    """The median over the pairs, where the ledgers hold scores."""
    score_now: float | None
    threshold_then: float | None
    """The one that counted; None where pairs were held against several, or none is known."""
    threshold_now: float | None
    recipe: list[str]
    """What else the recipe says of this step than it did."""
    examples: list[str]
    """Ids of some of the pairs: of B where they are in B, else of A."""


class Moved(Part):
    """Pairs that are in both releases, in another split."""

    source: str
    target: str
    pairs: int
    examples: list[str]


class LockChange(Part):
    """An entry of the lock that differs."""

    path: str
    then: str | None
    now: str | None


class Drifted(Part):
    """How differently one thing is distributed, and how often chance gives as much."""

    of: str
    kind: Literal["score", "number", "group", "embedding"]
    statistic: Literal["psi", "mmd"]
    n_then: int
    n_now: int
    value: float | None
    """None where it cannot be told; `note` says why."""
    p: float | None
    beyond_chance: bool | None = None
    """At 5 % over everything in the document that was tested (Holm, 1979)."""
    note: str | None = None
    median_then: float | None = None
    median_now: float | None = None


class Share(Part):
    """How much of a release one group is, with 95 % intervals (Wilson; of the change, Newcombe)."""

    of: str
    group: str
    then: dict[str, float | int]
    now: dict[str, float | int]
    change: float
    low: float
    high: float


class Figure(Part):
    """A number in a document that both releases have, where it differs."""

    document: str
    path: str
    then: float | None
    now: float | None
    apart: bool | None = None
    """Whether their intervals are; None where there are none."""


class Comparison(Part):
    """All of it."""

    format: int = FORMAT
    a: Version
    b: Version
    headline: list[str]
    """What a person would say, the most important first."""
    reasons: list[Reason]
    moved: list[Moved]
    lock: list[LockChange]
    drift: list[Drifted]
    shares: list[Share]
    figures: list[Figure]
    findings: dict[str, dict[str, str | None]]
    """Evaluation -> its finding in a line, `then` and `now`."""
    energy: dict[str, str | None]
    """What each build took, in a line, `then` and `now`."""
    missing: list[str]
    """What could not be compared, and why."""

    def of(self, way: Way) -> int:
        """How many pairs were added, removed or changed."""
        return sum(reason.pairs for reason in self.reasons if reason.way == way)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return self.model_dump(mode="json")
