"""What another threshold would change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from curate.ledger.rethreshold import Rethresholded
from curate.notebook.answer import Answer, Block, Line, Table, Title


@dataclass(frozen=True, repr=False)
class Rethreshold(Answer):
    """A step with another threshold, all else as it was."""

    step: str
    found: Rethresholded

    def blocks(self) -> Iterator[Block]:
        found = self.found
        yield Title(f"'{self.step}' with its threshold at {found.threshold:g}")
        rows = (
            (found.stay, "would pass the step"),
            (found.released, "of the release would stay in it"),
            (found.gone, "of the release would leave"),
            (found.back, "that left at this step would pass it"),
        )
        yield Table(("pairs", ""), rows)
        if found.back:
            yield Line(
                "No later step has looked at those that would come back, so that some of them may "
                "leave there: that was not measured."
            )
