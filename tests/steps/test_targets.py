"""What is made of which pairs: never past a share, towards the reference, the same in any order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.pairs.field import Fields, MetadataField
from curate.steps.targets import Targets

FIELDS: Fields = {
    "kind": MetadataField(type="metadata", group=True),
    "place": MetadataField(type="metadata"),
}
TABLES = st.lists(
    st.tuples(st.sampled_from("aabc"), st.sampled_from(["x", "y", None])), max_size=30
)
SHARES = st.sampled_from([0.1, 0.25, 0.3, 0.5, 0.9])
CHANCE = st.lists(st.booleans(), min_size=1, max_size=7)


def pairs(rows: Sequence[tuple[str, str | None]]) -> pl.DataFrame:
    kinds, places = [row[0] for row in rows], [row[1] for row in rows]
    ids = [f"p{number}" for number in range(len(rows))]
    values = {"pair_id": ids, "kind": kinds, "place": places}
    schema = dict.fromkeys(values, pl.String)
    return pl.DataFrame(values, schema).with_columns(
        origin=pl.lit("collected"), caption_sha256="pair_id"
    )


def taken(targets: Targets, table: pl.DataFrame, each: int, passes: list[bool]) -> pl.DataFrame:
    """The children that are taken when every so many pass, with their parents' columns."""
    plan = targets.plan(table, "caption", FIELDS, each, 0)
    rounds: list[pl.DataFrame] = []
    count = 0
    while (wanted := plan.next(rounds)).height:
        verdicts = [
            "add" if passes[(count + n) % len(passes)] else "reject" for n in range(wanted.height)
        ]
        count += wanted.height
        rounds.append(
            wanted.rename({"pair_id": "parent"}).with_columns(verdict=pl.Series(verdicts))
        )
    made = pl.concat(
        [
            pl.DataFrame(schema={"parent": pl.String, "index": pl.Int64}),
            *(one.filter(pl.col("verdict") == "add").select("parent", "index") for one in rounds),
        ]
    )
    assert made.is_unique().all()
    known = made.join(table, left_on="parent", right_on="pair_id")
    return known.sort("parent", "index")


def both(*frames: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame.select("kind", "place") for frame in frames])


def counts(frame: pl.DataFrame, name: str = "kind") -> dict[Any, int]:
    return dict(frame.group_by(name).len().iter_rows())


def short(have: dict[Any, int], shares: dict[str, float]) -> dict[str, float]:
    """By how much of its share each value lacks, held against the value that has most of its own."""
    full = {value: have.get(value, 0) / share for value, share in shares.items()}
    most = max(full.values(), default=0)
    return {value: 1 - level / most if most else 0 for value, level in full.items()}


@settings(max_examples=25)
@given(TABLES, SHARES, SHARES, CHANCE, st.integers(1, 4))
def test_no_share_is_passed(
    rows: list[Any], all_: float, per: float, passes: list[bool], each: int
) -> None:
    table = pairs(rows)
    for more in ({}, {"balance": {"by": "kind"}}, {"fill": "rare"}):
        targets = Targets(at_most=all_, at_most_per={"kind": per, "place": per}, **more)
        made = taken(targets, table, each, passes)
        assert made.height <= all_ * (made.height + table.height) + 1e-9
        for name in ("kind", "place"):
            had = counts(table, name)
            for value, count in counts(made, name).items():
                assert count <= per * (count + had[value]) + 1e-9


@settings(max_examples=25)
@given(TABLES, CHANCE, st.integers(1, 4), st.booleans())
def test_balance_moves_towards_the_reference(
    rows: list[Any], passes: list[bool], each: int, equal: bool
) -> None:
    table = pairs(rows)
    stated = {"a": 0.5, "b": 0.25, "c": 0.25}
    shares = dict.fromkeys(counts(table), 1.0) if equal else stated
    until = "equal" if equal else stated
    made = taken(Targets(balance={"by": "kind", "until": until}), table, each, passes)
    before, after = counts(table), counts(both(table, made))
    for value, lacks in short(after, shares).items():
        assert -1e-9 <= lacks <= short(before, shares)[value] + 1e-9


@settings(max_examples=25)
@given(TABLES)
def test_balance_is_reached_where_parents_suffice(rows: list[Any]) -> None:
    table = pairs(rows)
    made = taken(Targets(balance={"by": "kind"}), table, 40, [True, False])
    after = counts(both(table, made))
    assert len(set(after.values())) <= 1


@settings(max_examples=25)
@given(TABLES, st.sampled_from([None, 0.1, 0.3, 0.6]))
def test_what_was_rare_is_no_longer(rows: list[Any], below: float | None) -> None:
    table = pairs(rows)
    made = taken(Targets(fill={"rare": "kind", "below": below}), table, 40, [True])
    before, after = counts(table), counts(both(table, made))
    rare = below or 0.5 / max(1, len(before))
    most = max(before.values(), default=0)
    assert {value for value in before if before[value] == most}.isdisjoint(counts(made))
    total = sum(after.values())
    assert all(
        count >= rare * total - 1e-9 or count == max(after.values()) for count in after.values()
    )


@settings(max_examples=25)
@given(TABLES, st.randoms(), CHANCE)
def test_the_order_of_rows_makes_no_difference(
    rows: list[Any], chance: Any, passes: list[bool]
) -> None:
    table = pairs(rows)
    order = list(range(len(rows)))
    chance.shuffle(order)
    for targets in (Targets(at_most=0.3), Targets(balance={"by": "kind"}), Targets(fill="rare")):
        first = taken(targets, table, 2, passes)
        assert taken(targets, table[order], 2, passes).equals(first)


def test_only_training_pairs_are_counted_and_used() -> None:
    table = pairs([("a", None)] * 4 + [("b", None)] * 2)
    split = ["train", "train", "train", "test", "train", "test"]
    known = table.with_columns(split=pl.Series(split))
    made = taken(Targets(balance={"by": "kind"}), known, 5, [True])
    assert made["parent"].to_list() == ["p4", "p4"]


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        ({"balance": {"by": "kind"}, "fill": "rare"}, "name one"),
        ({"balance": {"by": "kind", "until": {"a": 0.7, "b": 0.7}}}, "sum to 1"),
        ({"at_most_per": {"kind": 1.5}}, "between 0 and 1"),
    ],
)
def test_contradictions_are_said(targets: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Targets(**targets)


def test_unknown_fields_are_said() -> None:
    found = list(Targets(balance={"by": "sort"}, at_most_per={"colour": 0.5}).check(FIELDS))
    assert [one.path for one in found] == [
        ("targets", "balance", "by"),
        ("targets", "at_most_per", "colour"),
    ]
    other = {"place": FIELDS["place"]}
    (one,) = Targets(fill="rare").check(other)
    assert "group" in one.message
