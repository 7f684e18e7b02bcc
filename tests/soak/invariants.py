"""What is so of every release and every workspace, however they came about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import polars as pl

from curate.ledger.verdict import LEAVES
from tests.faults.harness import left_over


def broken(release: Path) -> list[str]:
    """Each invariant of a release that does not hold, in words."""
    pairs = pl.read_parquet(release / "pairs.parquet")
    decisions = pl.read_parquet(release / "decisions.parquet")
    return [*_verdicts(release, pairs, decisions), *_sums(release, pairs), *_flow(release)]


def _verdicts(release: Path, pairs: pl.DataFrame, decisions: pl.DataFrame) -> Iterator[str]:
    """Every pair has one end: in the data once, or one line in the ledger after which it is out."""
    out = decisions.filter(pl.col("verdict").is_in(LEAVES))["pair_id"]
    data = [pl.read_parquet(path, columns=["pair_id"]) for path in release.glob("data/*/*.parquet")]
    kept = pl.concat(data)["pair_id"]
    known = pairs["pair_id"]
    if known.n_unique() != known.len():
        yield "a pair stands twice in pairs.parquet"
    if out.n_unique() != out.len():
        yield f"pairs left twice: {out.filter(out.is_duplicated()).unique().to_list()}"
    if sorted([*out, *kept]) != sorted(known):
        yield f"{known.len()} pairs, {out.len()} of them left and {kept.len()} are kept"
    said = pairs.filter(pl.col("status") == "kept")["pair_id"]
    if sorted(said) != sorted(kept):
        yield "the status of pairs is not what the data hold"
    if strangers := set(decisions["pair_id"]) - set(known):
        merged = set(decisions.filter(pl.col("verdict") == "merge")["pair_id"])
        if strangers - merged:
            yield f"the ledger speaks of pairs that are not there: {sorted(strangers - merged)}"


def _sums(release: Path, pairs: pl.DataFrame) -> Iterator[str]:
    """What the facts say of pairs adds up."""
    told = json.loads((release / "facts.json").read_text())["pairs"]
    fact = {name: said["value"] for name, said in told.items()}
    lost = sum(loss["pairs"] for loss in fact["losses"] or [])
    if fact["kept"] != sum((fact["splits"] or {}).values()):
        yield f"{fact['kept']} are kept, and the splits hold {fact['splits']}"
    if fact["kept"] != sum((fact["origins"] or {}).values()):
        yield f"{fact['kept']} are kept, of origins {fact['origins']}"
    whole = fact["kept"] + lost + fact["parts"]
    if whole != pairs.height:
        yield f"{pairs.height} pairs, of which {fact['kept']} kept, {lost} lost, {fact['parts']} parts"


def _flow(release: Path) -> Iterator[str]:
    """Of step to step as many pairs go as came and were not lost on the way."""
    decisions = pl.read_parquet(release / "decisions.parquet")
    steps = json.loads((release / "steps.json").read_text())
    counts = decisions.group_by("step").agg(
        left=pl.col("verdict").is_in([v for v in LEAVES if v != "reject"]).sum(),
        joined=(pl.col("verdict") == "add").sum(),
    )
    by_step = {row["step"]: row for row in counts.iter_rows(named=True)}
    for one, other in pairwise(steps):
        said = by_step.get(one["step"], {"left": 0, "joined": 0})
        after = one["pairs"] - said["left"] + said["joined"]
        if after != other["pairs"]:
            yield f"{one['name']} leaves {after} pairs, {other['name']} finds {other['pairs']}"


def orphans(workspace: Path) -> list[str]:
    """Files that nobody will ever look at again."""
    return left_over(workspace)
