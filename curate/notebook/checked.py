"""Whether a release says what its manifest says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from curate.notebook.answer import Answer, Block, Line, Title
from curate.release.published import Published


@dataclass(frozen=True, repr=False)
class Checked(Answer):
    """A release that was looked through."""

    published: Published
    problems: Sequence[str]
    """Everything that is wrong with it; empty when all agrees."""

    def blocks(self) -> Iterator[Block]:
        if not self.problems:
            yield Title(f"{self.published.title} agrees with its manifest")
            yield Line(f"digest {self.published.digest}")
            return
        yield Title(f"{self.published.title} is not as it was published")
        yield from map(Line, self.problems)
