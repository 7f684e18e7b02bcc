"""What tells a new build apart from the release that stands under its version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from curate.release.compare_lock import lock_changes
from curate.release.compare_words import shown
from curate.release.content import ReleaseContent

_MOST = 5


def differences(release: Path, manifest: dict[str, Any], content: ReleaseContent) -> Iterator[str]:
    """A line per difference, the ones that people ask about first."""
    parts = {name for name, d in content.digests.items() if manifest["parts"].get(name) != d}
    gone = set(manifest["parts"]) - set(content.digests)
    if "pairs" in parts:
        yield from _pairs(pl.read_parquet(release / "pairs.parquet"), content.pairs)
    if "decisions" in parts:
        yield from _decisions(pl.read_parquet(release / "decisions.parquet"), content.decisions)
    if "clusters" in parts | gone:
        yield "clusters of copies differ"
    if "made" in parts | gone:
        yield "what machines made differs"
    if "lock" in parts:
        yield from _lock(release, content)
    others = sorted((parts | gone) - {"pairs", "decisions", "clusters", "made", "lock"})
    if others:
        yield f"released rows differ in {', '.join(others)}"


def _pairs(old: pl.DataFrame, new: pl.DataFrame) -> Iterator[str]:
    came = new.join(old, on="pair_id", how="anti")
    went = old.join(new, on="pair_id", how="anti")
    if came.height:
        yield f"{came.height} pairs are new, such as {_some(came)}"
    if went.height:
        yield f"{went.height} pairs are no longer there, such as {_some(went)}"


def _decisions(old: pl.DataFrame, new: pl.DataFrame) -> Iterator[str]:
    on = ["pair_id", "name"]
    both = old.unique(on).join(new.unique(on), on=on, suffix="_new")
    other = both.filter(pl.col("verdict") != pl.col("verdict_new"))
    if other.height:
        yield f"{other.height} verdicts differ, such as on {_some(other)}"
    moved = both.filter(
        (pl.col("verdict") == pl.col("verdict_new"))
        & (
            ~pl.col("score").eq_missing(pl.col("score_new"))
            | ~pl.col("threshold").eq_missing(pl.col("threshold_new"))
        )
    )
    if moved.height:
        yield f"{moved.height} scores or thresholds differ, such as on {_some(moved)}"
    steps = set(new["name"].unique()) ^ set(old["name"].unique())
    if steps:
        yield f"steps differ: {', '.join(sorted(steps))}"


def _lock(release: Path, content: ReleaseContent) -> Iterator[str]:
    from ruamel.yaml import YAML

    old = YAML(typ="safe", pure=True).load(release / "recipe.lock.yaml")
    changed = lock_changes(old, content.lock)
    for one in changed[:_MOST]:
        yield f"lock: {one.path} was {shown(one.then)}, is {shown(one.now)}"
    if len(changed) > _MOST:
        yield f"lock: {len(changed) - _MOST} more entries differ"


def _some(frame: pl.DataFrame) -> str:
    return ", ".join(frame["pair_id"].unique().sort().head(2))
