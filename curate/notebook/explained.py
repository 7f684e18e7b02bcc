"""Why a pair is where it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from curate.ledger.explain import Explanation
from curate.notebook.answer import Answer, Block, Card, Cards, Cell, Line, Table, Title
from curate.report.content import Shown

_APART = ("pair_id", "status")


@dataclass(frozen=True, repr=False)
class Explained(Answer):
    """One pair's story."""

    told: Explanation
    shown: Shown
    """The pair to look at."""

    @property
    def pair(self) -> dict[str, Any]:
        """Its row of `pairs.parquet`."""
        return self.told.pair

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        """What every step said of it, in order: columns of `curate.ledger.verdict.LEDGER`."""
        return self.told.verdicts

    def blocks(self) -> Iterator[Block]:
        yield Title(f"pair {self.pair['pair_id'][:16]} is {self.pair['status']}")
        header = ("step", "verdict", "score", "threshold", "related", "why")
        yield Table(header, tuple(self._line(line) for line in self.verdicts))
        if self.shown.withheld:
            yield Line(f"withheld: {self.shown.withheld}")
            return
        if self.shown.media:
            yield Cards((Card(tuple(self.shown.media.values()), ()),))
        yield Table((), tuple(_values(self.pair)), "The pair", folded=True)
        for line in self.told.made:
            yield Table((), tuple(_values(line)), f"Made by machine: {line['field']}")

    def _line(self, line: Mapping[str, Any]) -> tuple[Cell, ...]:
        """Details may quote the pair."""
        other = self.told.related.get(line["related_id"])
        related = f"{other['pair_id'][:12]} ({other['status']})" if other else None
        said = (line["reason"], None if self.shown.withheld else line["detail"])
        why = " · ".join(part for part in said if part)
        return (line["name"], line["verdict"], line["score"], line["threshold"], related, why)


def _values(row: Mapping[str, Any]) -> Iterator[tuple[Cell, ...]]:
    for name, value in row.items():
        if value not in (None, []) and name not in _APART:
            yield (name, str(value))
