"""What facts are gathered from: a release's tables and documents, whether on disk or about to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from curate.governance.audit import Audit
    from curate.governance.energy import Energy
    from curate.governance.statement import Statement


@dataclass(frozen=True)
class Evidence:
    """Everything that a release proves its facts with."""

    digest: str
    pairs: pl.DataFrame
    decisions: pl.DataFrame
    lock: Mapping[str, Any]
    clusters: pl.DataFrame | None = None
    made: pl.DataFrame | None = None
    stages: Sequence[Mapping[str, Any]] = ()
    """`steps.json`: what every step noted and found over all pairs."""
    evaluation: Mapping[str, Any] | None = None
    audit: Audit | None = None
    energy: Energy | None = None
    answers: Mapping[str, Statement[str]] = field(default_factory=dict)
