"""What is missing of a release, by the standard that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.cards.sheets import filled
from curate.governance.standards import STANDARDS

if TYPE_CHECKING:
    from curate.cards.sheets import Sheet
    from curate.governance.facts import Facts


@dataclass(frozen=True)
class Lack:
    """A fact that is not there."""

    fact: str
    clauses: tuple[str, ...]
    by: str
    """Who must say it, or what would make it known."""
    asked: str | None
    """The question, where a person must answer."""


def lacking(facts: Facts) -> dict[str, list[Lack]]:
    """Title of a standard -> what it asks for and the release does not say."""
    told = dict(facts.statements())
    return {one.title: list(_lacks(filled(one, facts, told))) for one in STANDARDS}


def _lacks(sheet: Sheet) -> Iterator[Lack]:
    clauses: dict[str, list[str]] = {}
    found = {}
    for line in sheet.lines:
        for shown in line.facts:
            if shown.status == "not_provided":
                clauses.setdefault(shown.fact, []).append(line.clause)
                found[shown.fact] = shown
    for fact, shown in found.items():
        asked = tuple(dict.fromkeys(clauses[fact]))
        yield Lack(fact, asked, shown.by or "", shown.asked)
