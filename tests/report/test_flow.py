"""The flow of pairs adds up, whatever steps do to them."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from curate.ledger.verdict import LEAVES
from curate.report.flow import MOST_EXITS, flow
from tests.report.ledgers import evidence, lines

EXITS = tuple((verdict, f"why {n}") for n, verdict in enumerate(LEAVES) if verdict != "reject")
FATES = st.one_of(st.none(), st.sampled_from(EXITS))
"""Of a pair at a step: it stays, or leaves for a reason."""
STEPS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(("add", "reject")), max_size=4),
        st.lists(FATES, max_size=25),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=6,
)
"""What each step makes, what becomes of the pairs that it sees, and how many rows it merges."""


def told(first: int, steps: list[Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    alive, count, found = [f"p{n}" for n in range(first)], first, []
    found.append(("read", [{"pair_id": i} for i in alive]))
    for number, (made, fates, merged) in enumerate(steps):
        said: list[dict[str, Any]] = []
        for pair_id, fate in zip(alive, [*fates, *[None] * len(alive)], strict=False):
            leaves = {} if fate is None else {"verdict": fate[0], "reason": fate[1]}
            said.append({"pair_id": pair_id, **leaves})
        said += [{"pair_id": i, "verdict": "merge"} for i in alive[:1] * merged]
        gone = {one["pair_id"] for one in said if one.get("verdict") in LEAVES}
        alive = [i for i in alive if i not in gone]
        for verdict in made:
            said.append({"pair_id": f"p{count}", "verdict": verdict, "reason": "made"})
            alive += [f"p{count}"] if verdict == "add" else []
            count += 1
        found.append((f"step {number}", said))
    return found


@given(first=st.integers(1, 20), steps=STEPS)
def test_every_step_begins_with_what_the_one_before_it_left(first: int, steps: list[Any]) -> None:
    shown = evidence(told(first, steps))
    passages = flow(shown)
    assert passages[0].before == first
    for before, after in pairwise(passages):
        assert before.after == after.before
    for one in passages:
        assert one.before + one.added == one.after + sum(exit_.pairs for exit_ in one.exits)
    assert passages[-1].after == (shown.pairs["status"] == "kept").sum()
    left = shown.decisions.filter(pl.col("verdict").is_in(LEAVES))
    by_reason = Counter(
        (e.verdict, e.reason) for one in passages for e in one.exits for _ in range(e.pairs)
    )
    assert by_reason == Counter(left.select("verdict", "reason").rows())


def test_made_pairs_are_added_and_rejected_ones_leave_at_once() -> None:
    shown = evidence(
        [
            ("read", lines("ab")),
            (
                "synthesize speak",
                [
                    *lines("ab"),
                    *lines("cd", verdict="add"),
                    *lines("e", verdict="reject", reason="wer"),
                ],
            ),
        ]
    )
    last = flow(shown)[-1]
    assert (last.before, last.added, last.after) == (2, 3, 4)
    assert [(one.verdict, one.reason, one.pairs) for one in last.exits] == [("reject", "wer", 1)]


def test_a_step_with_a_hundred_reasons_tells_the_most_frequent() -> None:
    ids = [f"{n:03d}" for n in range(100)]
    gone = [{"pair_id": i, "verdict": "drop", "reason": f"reason {i}"} for i in ids]
    shown = evidence([("read", [{"pair_id": i} for i in ids]), ("plugin", gone)])
    last = flow(shown)[-1]
    assert len(last.exits) == MOST_EXITS + 1
    assert last.exits[-1].reason == f"{100 - MOST_EXITS} other reasons"
    assert sum(one.pairs for one in last.exits) == 100


def test_equal_rows_are_told_and_not_counted() -> None:
    shown = evidence([("read", lines("ab")), ("merge equal rows", lines("aab", verdict="merge"))])
    last = flow(shown)[-1]
    assert (last.before, last.added, last.after) == (2, 0, 2)
    assert last.note == "3 equal rows are one pair with another"
