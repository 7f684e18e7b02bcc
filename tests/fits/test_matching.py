"""Matching two pools: what was planted is found, what is not there is not made up."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.fits import matching as module
from curate.fits.matching import RESULT, factory, matching

WAYS = ("mutual", "assignment")


def pools(left: Any, right: Any) -> pl.DataFrame:
    """Ids `l000`, `r000` and so on, of rows that are vectors."""
    sides = (("left", np.asarray(left)), ("right", np.asarray(right)))
    rows = [
        (side, f"{side[0]}{number:03d}", [float(value) for value in vector])
        for side, vectors in sides
        for number, vector in enumerate(vectors)
    ]
    schema: dict[str, Any] = {"side": pl.String, "id": pl.String, "vector": pl.List(pl.Float32)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def noisy(count: int, noise: float, seed: int = 0, width: int = 32) -> pl.DataFrame:
    """The same hidden vectors twice, with noise; each pool around another centre."""
    chance = np.random.default_rng(seed)
    hidden = chance.normal(size=(count, width))
    left, right = (hidden + noise * chance.normal(size=hidden.shape) for _ in range(2))
    return pools(left + 3 * chance.normal(size=width), right + 3 * chance.normal(size=width))


def found(table: pl.DataFrame, match: str) -> pl.DataFrame:
    result = factory(matching(match))(table)
    assert result.schema == RESULT
    return result


def pairs(result: pl.DataFrame) -> dict[str, str]:
    return dict(result.filter(pl.col("side") == "both").select("left", "right").rows())


def right_ones(result: pl.DataFrame) -> int:
    return sum(left[1:] == right[1:] for left, right in pairs(result).items())


@pytest.mark.parametrize("match", WAYS)
def test_what_was_planted_is_found(match: str) -> None:
    result = found(noisy(300, 0.3), match)
    assert right_ones(result) == len(pairs(result)) == 300
    assert result["margin"].min() > 0  # type: ignore[operator]


@pytest.mark.parametrize("match", WAYS)
def test_a_higher_margin_is_more_often_right(match: str) -> None:
    result = found(noisy(400, 1.2), match)
    precisions = []
    for share in (0.0, 0.5, 0.9):
        sure = result.filter(pl.col("margin") >= result["margin"].quantile(share))
        precisions.append(right_ones(sure) / len(pairs(sure)))
    assert precisions == sorted(precisions)
    assert precisions[-1] > precisions[0] + 0.1


def test_assignment_pairs_more() -> None:
    """Where nearest neighbours contend, the matching as a whole still finds seats."""
    table = noisy(400, 1.0)
    mutual, assignment = found(table, "mutual"), found(table, "assignment")
    assert len(pairs(assignment)) > len(pairs(mutual))
    assert right_ones(assignment) > right_ones(mutual)


@pytest.mark.parametrize("match", WAYS)
def test_who_has_no_partner_is_left_alone(match: str) -> None:
    """Half of the left pool was never in the right one."""
    chance = np.random.default_rng(3)
    hidden = chance.normal(size=(200, 32))
    result = found(pools(hidden, hidden[:100] + 0.2 * chance.normal(size=(100, 32))), match)
    sure = result.filter((pl.col("margin") >= 0.1) & (pl.col("similarity") >= 0.5))
    assert right_ones(sure) == len(pairs(sure)) == 100
    alone = result.filter(pl.col("side") == "left")
    assert alone["note"].null_count() == 0
    assert set(alone["note"]) <= {
        "its nearest is nearer to another",
        "nothing is nearer than its neighbourhood",
    }


def test_a_hub_takes_nobody() -> None:
    """A right that is near to all lefts is not the match of those whose own stands beside it."""
    chance = np.random.default_rng(4)
    hidden = chance.normal(size=(60, 8))
    aside = np.eye(8)[0]
    hub = hidden.mean(axis=0) + 4 * aside
    table = pools(hidden + 2 * aside, np.vstack([hidden, hub]))
    result = found(table, "mutual")
    assert "r060" not in pairs(result).values()
    assert right_ones(result) == 60


@pytest.mark.parametrize("match", WAYS)
def test_equal_contents_leave_no_margin(match: str) -> None:
    table = noisy(40, 0.1)
    twin = table.filter(pl.col("id") == "r007").with_columns(id=pl.lit("r999"))
    result = found(pl.concat([table, twin]), match)
    assert pairs(result)["l007"] == "r007"
    assert result.filter(pl.col("left") == "l007")["margin"][0] == 0
    assert result.filter(pl.col("right") == "r999")["side"].to_list() == ["right"]


@pytest.mark.parametrize("match", WAYS)
@given(seed=st.integers(0, 1000))
def test_order_does_not_matter(match: str, seed: int) -> None:
    table = noisy(60, 1.0)
    shuffled = table.sample(fraction=1.0, shuffle=True, seed=seed)
    assert_frame_equal(found(shuffled, match), found(table, match), check_exact=True)


@pytest.mark.parametrize("match", WAYS)
def test_blocks_do_not_matter(match: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table = noisy(150, 1.0)
    whole = found(table, match)
    monkeypatch.setattr(module, "CELLS", 1000)
    assert_frame_equal(found(table, match), whole, check_exact=True)


@pytest.mark.parametrize("match", WAYS)
@pytest.mark.parametrize(("left", "right"), [(0, 0), (0, 3), (3, 0), (1, 1), (1, 5), (40, 1)])
def test_small_pools(match: str, left: int, right: int) -> None:
    chance = np.random.default_rng(0)
    table = pools(chance.normal(size=(left, 4)), chance.normal(size=(right, 4)))
    result = found(table, match)
    ends = result.select("left", "right").filter(result["side"] == "both")
    for side, other, count in (("left", right, left), ("right", left, right)):
        alone = result.filter(pl.col("side") == side)
        assert alone.height + ends.height == count
        assert set(alone["note"]) <= {"the other pool is empty"} or other


@given(seed=st.integers(0, 10_000), left=st.integers(2, 6), right=st.integers(2, 6))
def test_no_other_assignment_gains_more(seed: int, left: int, right: int) -> None:
    """And without a pair no more is lost than its margin says of the two pairs touched."""
    chance = np.random.default_rng(seed)
    lefts, rights = (_unit(chance.normal(size=(n, 3))) for n in (left, right))
    result = found(pools(lefts, rights), "assignment").filter(pl.col("side") == "both")
    gain = _gains(lefts, rights)
    chosen = {(int(a[1:]), int(b[1:])) for a, b in pairs(result).items()}
    best = _best(gain)
    assert sum(gain[pair] for pair in chosen) == pytest.approx(best, abs=1e-4)
    for (a, b), margin in zip(sorted(chosen), result.sort("left")["margin"], strict=True):
        without = gain.copy()
        without[a, b] = 0
        assert -1e-4 <= best - _best(without) <= 2 * margin + 1e-4


def _unit(rows: Any) -> Any:
    return np.float32(rows) / np.linalg.norm(rows, axis=1, keepdims=True)


def _gains(left: Any, right: Any) -> Any:
    cosine = left @ right.T
    return np.maximum(cosine - (cosine.mean(axis=1)[:, None] + cosine.mean(axis=0)) / 2, 0)


def _best(gain: Any) -> float:
    """By trying all; gains are never negative, so that everyone may be given someone."""
    rows, columns = gain.shape
    if rows > columns:
        return _best(gain.T)
    orders = itertools.permutations(range(columns), rows)
    return max(float(sum(gain[i, j] for i, j in enumerate(order))) for order in orders)
