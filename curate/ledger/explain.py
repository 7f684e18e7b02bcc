"""Why a pair is where it is: everything the ledger of a release says of it, and of its relatives."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import CurateError


@dataclass(frozen=True)
class Explanation:
    """One pair's story."""

    pair: dict[str, Any]
    """Its row of `pairs.parquet`."""
    verdicts: list[dict[str, Any]]
    """Its lines of the ledger, in order."""
    made: list[dict[str, Any]]
    """Its lines of `made.parquet`: the contents that a machine made, and how."""
    related: dict[str, dict[str, Any]]
    """Rows of `pairs.parquet` of the pairs that its verdicts name."""


def explain(release: Path, pair_id: str) -> Explanation:
    """Gather what a release says of a pair; the first characters of its id are enough."""
    pairs = _table(release, "pairs.parquet")
    known = pairs.select("pair_id").filter(pl.col("pair_id").str.starts_with(pair_id)).collect()
    if known.height != 1:
        raise _not_one(release, pair_id, known["pair_id"], pairs)
    whole = known["pair_id"][0]
    lines = _table(release, "decisions.parquet").filter(pl.col("pair_id") == whole)
    verdicts = lines.collect().sort("step", maintain_order=True).to_dicts()
    others = {line["related_id"] for line in verdicts} - {None, whole}
    rows = pairs.filter(pl.col("pair_id").is_in([whole, *sorted(others)])).collect()
    by_id = {row["pair_id"]: row for row in rows.to_dicts()}
    return Explanation(by_id.pop(whole), verdicts, _made(release, whole), by_id)


def _made(release: Path, pair_id: str) -> list[dict[str, Any]]:
    if not (release / "made.parquet").is_file():
        return []
    lines = _table(release, "made.parquet").filter(pl.col("pair_id") == pair_id)
    return lines.collect().to_dicts()


def _table(release: Path, name: str) -> pl.LazyFrame:
    path = release / name
    if not path.is_file():
        raise CurateError(
            f"{release} is no release: it has no {name}",
            "name a folder such as releases/<name>/<version>",
        )
    return pl.scan_parquet(path)


def _not_one(release: Path, pair_id: str, found: pl.Series, pairs: pl.LazyFrame) -> CurateError:
    if found.len():
        some = ", ".join(found.sort().head(3))
        return CurateError(
            f"{found.len()} pairs of {release} begin with '{pair_id}'", f"such as {some}"
        )
    ids = pairs.select("pair_id").head(100_000).collect()["pair_id"].to_list()
    near = difflib.get_close_matches(pair_id, ids, 1, 0.8) or ids[:1]
    return CurateError(
        f"{release} has no pair '{pair_id}'", f"it has pairs such as {near[0]}" if near else None
    )
