"""`select`: how many stay, which ones, and that only the pair and the seed decide a draw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.steps.select import apportion, largest_mixture
from tests.steps.conftest import Table
from tests.workspace import Workspace, write_lines

KINDS = ["a"] * 20 + ["b"] * 15 + ["c"] * 5


def numbered(table: Table, kinds: Sequence[str | None]) -> Workspace:
    """Captions of one word and more; the further down, the more words."""
    rows = [{"kind": kind, "caption": "word " * (n + 1)} for n, kind in enumerate(kinds)]
    return table(rows, caption="text")


def kept(said: pl.DataFrame) -> list[int]:
    return sorted(map(int, said.filter(pl.col("verdict") == "keep")["row"]))


def select(workspace: Workspace, **settings: Any) -> pl.DataFrame:
    return workspace.decide({"select": settings})


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({"size": 7}, 7),
        ({"size": 400}, 40),
        ({"share": 0.5}, 20),
        ({"share": 0.001}, 0),
        ({"quota": 4, "per": ["kind"]}, 12),
        ({"quota": 10, "per": ["kind"]}, 25),
        ({"size": 8, "per": ["kind"]}, 8),
        ({"size": 8, "by": "caption.words"}, 8),
    ],
)
def test_how_many(table: Table, settings: dict[str, Any], count: int) -> None:
    said = select(numbered(table, [*KINDS]), **settings)
    assert len(kept(said)) == count
    assert said.height == 40


def test_best(table: Table) -> None:
    said = select(numbered(table, [*KINDS]), size=5, by="caption.words")
    assert kept(said) == [35, 36, 37, 38, 39]
    out = said.filter(pl.col("verdict") == "drop")
    assert set(out["reason"]) == {"not among the best"}
    assert set(said["threshold"]) == {36.0}
    assert out["score"].to_list() == [float(n + 1) for n in range(35)]


def test_best_of_each(table: Table) -> None:
    said = select(numbered(table, [*KINDS]), quota=2, per=["kind"], by="caption.words")
    assert kept(said) == [18, 19, 33, 34, 38, 39]
    assert set(said.filter(pl.col("verdict") == "drop")["detail"]) == {"a", "b", "c"}


def test_what_has_no_score_goes_first(table: Table) -> None:
    rows = [{"title": f"title {n}", "caption": "a b" if n else None} for n in range(4)]
    said = select(table(rows, title="text", caption="text"), size=3, by="caption.words")
    assert kept(said) == [1, 2, 3]


def test_groups_keep_their_share(table: Table) -> None:
    said = select(numbered(table, [*KINDS]), share=0.2, per=["kind"])
    assert Counter(KINDS[row] for row in kept(said)) == {"a": 4, "b": 3, "c": 1}


def test_unknown_is_a_group(table: Table) -> None:
    kinds: list[str | None] = ["a", "a", None, None, None]
    said = select(numbered(table, kinds), quota=1, per=["kind"])
    assert len(kept(said)) == 2
    assert set(said["detail"].drop_nulls()) == {"a", "unknown"}


def test_a_draw_is_repeated_and_a_seed_changes_it(table: Table) -> None:
    workspace = numbered(table, [*KINDS])
    draws = [kept(select(workspace, size=10, seed=seed)) for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]
    assert draws[0] != list(range(10))


def test_a_draw_does_not_depend_on_what_else_is_there(table: Table) -> None:
    """Of fewer pairs the same ones come first."""
    few = set(kept(select(numbered(table, KINDS[:20]), size=5)))
    many = kept(select(numbered(table, [*KINDS]), size=20))
    assert {row for row in many if row < 20} <= set(
        kept(select(numbered(table, KINDS[:20]), size=len(few | set(many))))
    )
    assert kept(select(numbered(table, KINDS[:20]), size=5)) == sorted(few)


def test_mixture(table: Table) -> None:
    """Sources in proportion; where one runs out the whole becomes smaller, not the mixture other."""
    workspace = numbered(table, [*KINDS])
    folder = workspace.root / "media"
    write_lines(folder / "more.jsonl", [{"caption": f"more {n}"} for n in range(10)])
    (source,) = workspace.recipe["sources"]
    more = {"jsonl": {"name": "more", "path": "../media/more.jsonl", "caption": "caption"}}
    first = {"jsonl": {**source["jsonl"], "name": "first"}}
    workspace = workspace.having(sources=[first, more])
    for size, wanted in ((8, (6, 2)), (40, (30, 10)), (1000, (30, 10))):
        step = {"select": {"size": size, "weights": {"first": 0.75, "more": 0.25}}}
        built = workspace.having(steps=[step]).build()
        pairs, _, _ = workspace.tables()
        counts = Counter(pairs.filter(pl.col("status") == "kept")["source"])
        assert (counts["first"], counts["more"]) == wanted
        assert built.left


@given(
    st.integers(0, 10_000),
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 1000).map(float), min_size=1),
)
def test_seats_add_up(total: int, parts: dict[str, float]) -> None:
    seats = apportion(total, parts)
    whole = sum(parts.values())
    assert seats.keys() == parts.keys()
    if whole:
        assert sum(seats.values()) == total
        assert all(abs(seats[n] - total * part / whole) < 1 for n, part in parts.items())


@given(st.dictionaries(st.sampled_from("abc"), st.integers(1, 100), min_size=1))
def test_all_that_there_is_can_be_mixed_as_it_is(have: dict[str, int]) -> None:
    parts = {name: float(count) for name, count in have.items()}
    assert largest_mixture(have, parts) == sum(have.values())
