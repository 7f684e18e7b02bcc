"""Releases made up in memory: what happened to pairs, as evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from curate.governance.evidence import Evidence
from curate.ledger.cluster import CLUSTERS
from curate.ledger.ledger import Ledger
from curate.ledger.made import REPORTED
from curate.ledger.verdict import LEAVES, VERDICT

FIELDS: dict[str, Any] = {
    "image": {"type": "image"},
    "caption": {"type": "text"},
    "kind": {"type": "metadata", "group": True},
}
_STATUS = {"drop": "dropped", "paired": "paired", "reject": "rejected"}


def evidence(
    steps: Sequence[tuple[str, Sequence[Mapping[str, Any]]]],
    recipe: Sequence[Mapping[str, Any]] = (),
    made: Sequence[Mapping[str, Any]] | None = None,
    clusters: Sequence[Mapping[str, Any]] | None = None,
    **pairs: Mapping[str, Any],
) -> Evidence:
    """Steps by name with their lines; pairs are those that lines speak of, with more said by id."""
    ledger = Ledger()
    for number, (name, lines) in enumerate(steps):
        rows = [{"verdict": "keep", **line} for line in lines]
        ledger.add(f"{number:02d}", name, pl.DataFrame(rows, schema=VERDICT))
    decisions = ledger.frame()
    left = decisions.filter(pl.col("verdict").is_in(LEAVES)).select("pair_id", "verdict")
    status = {pair_id: _STATUS.get(verdict, verdict) for pair_id, verdict in left.iter_rows()}
    ids = decisions["pair_id"].unique().sort()
    rows = [_pair(i, status.get(i, "kept"), pairs.get(i, {})) for i in ids]
    return Evidence(
        digest="0" * 64,
        pairs=pl.DataFrame(rows, schema_overrides={"parents": pl.List(pl.String)}),
        decisions=decisions,
        lock={
            "recipe": {"fields": FIELDS, "steps": list(recipe), "release": {"media": "embed"}},
        },
        clusters=None if clusters is None else pl.DataFrame(clusters, schema=CLUSTERS),
        made=None if made is None else pl.DataFrame(made, schema=REPORTED),
        stages=[
            {"step": f"{number:02d}", "name": name, "note": None, "figures": {}}
            for number, (name, _) in enumerate(steps)
        ],
    )


def lines(ids: str, **said: Any) -> list[dict[str, Any]]:
    """The same of several pairs, each named by a letter."""
    return [{"pair_id": one, **said} for one in ids]


def _pair(pair_id: str, status: str, more: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "pair_id": pair_id,
        "origin": "collected",
        "parents": [],
        "source": "folder",
        "row": f"{pair_id}.png",
        "caption": f"caption of {pair_id}",
        "kind": "a",
        "split": "train",
        "status": status,
        **more,
    }
