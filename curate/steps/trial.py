"""What a judge of made things is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from curate.steps.synthesis import Synthesis


@dataclass(frozen=True, eq=False)
class Trial:
    """Children of a step that are to be taken or rejected, and what they are held against."""

    step: Synthesis
    children: pl.DataFrame
    """Rows of new pairs; what was made of them stands in `value`."""
    taken: pl.DataFrame
    """The children of earlier rounds that were taken."""
    table: pl.DataFrame
    """The pairs that stood before."""
