"""Why a pair is where it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from curate.ledger.explain import Explanation
from curate.notebook.answer import Answer, Block, Cell, Table, Title

_APART = ("pair_id", "status")


@dataclass(frozen=True, repr=False)
class Explained(Answer):
    """One pair's story."""

    told: Explanation

    @property
    def pair(self) -> dict[str, Any]:
        """Its row of `pairs.parquet`."""
        return self.told.pair

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        """What every step said of it, in order: columns of `curate.ledger.verdict.LEDGER`."""
        return self.told.verdicts

    def blocks(self) -> Iterator[Block]:
        pair = self.pair
        yield Title(f"pair {pair['pair_id'][:16]} is {pair['status']}")
        yield Table(
            ("step", "verdict", "why", "score", "threshold", "related"),
            tuple(self._line(line) for line in self.verdicts),
        )
        yield Table((), tuple(_values(pair)), "The pair")
        for line in self.told.made:
            yield Table((), tuple(_values(line)), f"Made by machine: {line['field']}")

    def _line(self, line: Mapping[str, Any]) -> tuple[Cell, ...]:
        other = self.told.related.get(line["related_id"])
        related = f"{other['pair_id'][:12]} {other['row']} ({other['status']})" if other else None
        why = " · ".join(said for said in (line["reason"], line["detail"]) if said)
        return (line["name"], line["verdict"], why, line["score"], line["threshold"], related)


def _values(row: Mapping[str, Any]) -> Iterator[tuple[Cell, ...]]:
    for name, value in row.items():
        if value not in (None, []) and name not in _APART:
            yield (name, value if isinstance(value, str | int | float) else str(value))
