"""From ids to what a report tells of each pair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.report.content import Kind, Line, Made, Medium, Shown

if TYPE_CHECKING:
    from curate.governance.evidence import Evidence

LONGEST = 2000
"""Characters of a text, or a value, that are told."""
_LINE = ("step", "name", "verdict", "reason", "score", "threshold", "related_id", "detail")
_MADE = ("step", "name", "field", "value", "replaced", "generator", "confidence", "accepted")
_BESIDE = ("license", "attribution")
"""What steps publish beside a pair's fields."""


def shown(
    evidence: Evidence,
    chosen: Mapping[str, Sequence[Kind]],
    withheld: Mapping[str, str],
    media: Mapping[str, Mapping[str, Medium]],
) -> list[Shown]:
    """The pairs of `chosen`, in its order; `withheld` says why of those that are not to be seen."""
    mine = pl.col("pair_id").is_in(list(chosen))
    rows = {row["pair_id"]: row for row in evidence.pairs.filter(mine).to_dicts()}
    told = _Told(
        fields={n: f["type"] for n, f in evidence.lock["recipe"]["fields"].items()},
        lines=_lines(evidence.decisions.filter(mine)),
        made=_made(evidence, mine),
    )
    return [
        told.withheld(rows[i], kinds, withheld[i])
        if i in withheld
        else told.whole(rows[i], kinds, media.get(i, {}))
        for i, kinds in chosen.items()
    ]


@dataclass(frozen=True)
class _Told:
    fields: Mapping[str, str]
    """Name -> type."""
    lines: Mapping[str, Sequence[Line]]
    made: Mapping[str, Sequence[Made]]

    def withheld(self, row: Mapping[str, Any], kinds: Sequence[Kind], why: str) -> Shown:
        """Its id, and what steps said of it; not in detail, since details may quote the pair."""
        pair_id = row["pair_id"]
        return Shown(
            pair_id=pair_id,
            kinds=_with_status(kinds, row["status"]),
            status=row["status"],
            split=row.get("split"),
            origin=row["origin"],
            parents=tuple(row["parents"] or ()),
            source=row["source"],
            texts={},
            metadata={},
            media={},
            withheld=why,
            lines=tuple(replace(line, detail=None) for line in self.lines.get(pair_id, ())),
        )

    def whole(
        self, row: Mapping[str, Any], kinds: Sequence[Kind], media: Mapping[str, Medium]
    ) -> Shown:
        pair_id = row["pair_id"]
        bare = self.withheld(row, kinds, "")
        return replace(
            bare,
            texts=self._values(row, "text"),
            metadata=self._values(row, "metadata"),
            media=media,
            withheld=None,
            lines=tuple(self.lines.get(pair_id, ())),
            row=row["row"],
            made=tuple(self.made.get(pair_id, ())),
        )

    def _values(self, row: Mapping[str, Any], kind: str) -> dict[str, Any]:
        names = [name for name, type_ in self.fields.items() if type_ == kind]
        names += _BESIDE if kind == "metadata" else ()
        return {name: _short(row[name]) for name in names if row.get(name) is not None}


def _with_status(kinds: Sequence[Kind], status: str) -> tuple[Kind, ...]:
    own: Kind = "kept" if status == "kept" else "dropped"
    return tuple(kinds) if own in kinds else (own, *kinds)


def _short(value: Any) -> Any:
    if not isinstance(value, str) or len(value) <= LONGEST:
        return value
    return f"{value[:LONGEST]}…"


def _lines(decisions: pl.DataFrame) -> dict[str, list[Line]]:
    told: dict[str, list[Line]] = defaultdict(list)
    rows = decisions.sort("step", maintain_order=True).select("pair_id", *_LINE).iter_rows()
    for pair_id, *said in rows:
        told[pair_id].append(Line(*map(_short, said)))
    return told


def _made(evidence: Evidence, mine: pl.Expr) -> dict[str, list[Made]]:
    told: dict[str, list[Made]] = defaultdict(list)
    if evidence.made is not None:
        for pair_id, *said in evidence.made.filter(mine).select("pair_id", *_MADE).iter_rows():
            told[pair_id].append(Made(*map(_short, said)))
    return told
