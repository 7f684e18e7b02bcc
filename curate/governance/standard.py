"""What a law or standard wants to know of data, row by row, and which facts speak to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One thing that is asked, in our own words."""

    clause: str
    """Article, clause or section: where the standard asks it."""
    asks: str
    facts: tuple[str, ...]
    """Names of statements (`pairs.kept`); `bias.*` stands for all of a section."""


@dataclass(frozen=True)
class Standard:
    """A document of a release: the table of one law, standard or form."""

    key: str
    """What its files are called."""
    short: str
    """What people call it."""
    title: str
    about: str
    rows: tuple[Row, ...]

    def clauses_of(self, fact: str) -> list[str]:
        """Where it asks for a fact."""
        return [row.clause for row in self.rows if fact in row.facts]
