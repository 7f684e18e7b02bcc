"""`dedup` over several fields: all must match or any may, among the pairs and against other data."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import DataError
from curate.steps.copies import Compared
from curate.steps.either import repeated
from curate.steps.likeness import ALIKE, COUPLES, CROWDED, crowd
from curate.steps.step import Ask
from tests.steps.asked import Asked
from tests.steps.conftest import Table
from tests.steps.test_dedup_step import CHAIN, gone, images, words
from tests.workspace import Workspace, photo


def columns(table: Table, pairs: Sequence[tuple[str | None, str | None]]) -> Workspace:
    rows = [{"n": n, "one": one, "two": two} for n, (one, two) in enumerate(pairs)]
    return table(rows, one="text", two="text")


def either(*names: str) -> dict[str, Any]:
    step = words(*names)
    return {"dedup": {**step["dedup"], "match": "any"}}


PAIRS = [
    ("a picture", "a caption"),
    ("a picture", "other words"),
    ("a sound", "other words"),
    ("a sound", "a caption"),
    (None, "nothing else"),
    ("nothing else", None),
    (None, "nothing else"),
]


@pytest.mark.parametrize(
    ("step", "found"),
    [
        ({"exact": "pair"}, {6: 4}),
        ({"exact": ["one", "two"]}, {}),
        ({"exact": "pair", "match": "any"}, {1: 0, 3: 0, 6: 4}),
        ({"exact": ["one", "two"], "match": "any"}, {1: 0, 3: 0, 6: 4}),
    ],
)
def test_equal_in_all_or_in_any(table: Table, step: dict[str, Any], found: dict[int, int]) -> None:
    """The third shares words with one that goes only: it stays."""
    assert gone(columns(table, PAIRS).decide({"dedup": step})) == found


def test_alike_in_any(table: Table) -> None:
    """For the field that is most alike, which the evidence names, with its threshold."""
    pairs = [(CHAIN[0], "z z"), ("y y", CHAIN[1]), (CHAIN[1], CHAIN[1]), (CHAIN[2], "y y")]
    said = columns(table, pairs).decide(either("one", "two"))
    assert gone(said) == {2: 1}
    line = said.row(2, named=True)
    assert (line["score"], line["detail"], line["threshold"]) == (1.0, "two: equal", 0.8)
    said = columns(table, [pairs[0], (CHAIN[1], "x x")]).decide(either("one", "two"))
    assert said["detail"][1] == "one: text"
    assert said["score"][1] == pytest.approx(9 / 11)


def test_one_picture_many_captions(table: Table, tmp_path: Path) -> None:
    """Another caption makes another pair, unless any field is enough; and pictures are looked at."""
    workspace = images(
        table, tmp_path / "media", {"a.png": photo(1, 99, 80), "b.jpg": photo(1, 99, 80)}
    )
    rows = [{"image": name, "caption": text} for name, text in (("a.png", "x"), ("b.jpg", "y"))]
    workspace = table(rows, image="image", caption="text")
    both = {"dedup": {"near": ["image", "caption"]}}
    assert gone(workspace.decide(both)) == {}
    said = workspace.decide({"dedup": {**both["dedup"], "match": "any"}})
    assert gone(said) == {1: 0}
    assert (said["threshold"][1], said["detail"][1]) == (0.945, "image: image")


def test_a_crowd_in_two_fields_costs_what_its_members_do(table: Table) -> None:
    pairs = [(f"title {n // 100}", f"{n % 100} words") for n in range(10_000)]
    start = time.perf_counter()
    said = columns(table, pairs).decide({"dedup": {"exact": "pair", "match": "any"}})
    assert said["verdict"].eq("keep").sum() == 100
    assert time.perf_counter() - start < 20


class Near:
    """Numbers are alike that differ by one."""

    word = "number"
    threshold = 0.5

    def measures(self) -> tuple[()]:
        return ()

    def propose(self, keys: pl.Series, ask: Ask) -> pl.DataFrame:
        places = pl.int_range(keys.len(), eager=True)
        couples = crowd(pl.DataFrame({"member": places}).with_columns(bucket=pl.lit(0)))
        ends = {side: keys.gather(couples[side]) for side in ("left", "right")}
        return pl.DataFrame(ends, schema=COUPLES)

    def verify(self, couples: pl.DataFrame, ask: Ask) -> pl.DataFrame:
        left, right = (couples[side].cast(pl.Int64) for side in ("left", "right"))
        said = couples.with_columns(likeness=pl.lit(0.9), detail=pl.lit("number"))
        return said.filter((left - right).abs() == 1).cast(pl.Schema(ALIKE))


CELLS = st.one_of(st.none(), st.integers(0, CROWDED - 4))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=40), st.booleans())
def test_any_is_what_taking_pairs_one_by_one_gives(
    pairs: list[tuple[int | None, int | None]], near: bool
) -> None:
    """Each pair against those that stay so far, in every field."""
    apart = 1 if near else 0
    stays: list[int] = []
    for place, own in enumerate(pairs):
        if not any(_match(own, pairs[other], apart) for other in stays):
            stays.append(place)
    names = {"a_sha256": [x for x, _ in pairs], "b_sha256": [y for _, y in pairs]}
    table = pl.DataFrame(names, schema=dict.fromkeys(names, pl.Int64)).cast(pl.String)
    table = table.with_columns(pair_id=pl.int_range(pl.len()).cast(pl.String))
    fields = [Compared(name, Near()) for name in "ab"] if near else []
    found, _ = repeated(table, list(names), fields, Asked({}, {}))
    assert sorted(found["pair_id"].cast(pl.Int64)) == sorted({*range(len(pairs))} - {*stays})
    assert all(
        _match(pairs[int(left)], pairs[int(right)], apart) and int(right) in stays
        for left, right in found.select("pair_id", "related_id").iter_rows()
    )


def _match(one: tuple[int | None, ...], other: tuple[int | None, ...], apart: int) -> bool:
    both = zip(one, other, strict=True)
    return any(a is not None and b is not None and abs(a - b) <= apart for a, b in both)


OURS: list[tuple[str | None, str | None]] = [
    (CHAIN[0], "z z"),
    (CHAIN[0], CHAIN[0]),
    (CHAIN[1], CHAIN[1]),
    ("q", None),
    (None, None),
]
"""Held against rows of which the first has `CHAIN[0]` twice, the second `z z` in its second field."""


@pytest.mark.parametrize(
    ("step", "out"),
    [
        ({"exact": "pair"}, [1]),
        ({"exact": ["one", "two"]}, [1]),
        ({"exact": "pair", "match": "any"}, [0, 1]),
        (words("one", "two")["dedup"], [1, 2]),
        (either("one", "two")["dedup"], [0, 1, 2]),
    ],
)
def test_against_rows_with_several_fields(
    table: Table, tmp_path: Path, step: dict[str, Any], out: list[int]
) -> None:
    """All fields must match one row, not one field this row and another field that one."""
    listed = pl.DataFrame({"one": [CHAIN[0], "y y"], "two": [CHAIN[0], "z z"]})
    listed.write_parquet(tmp_path / "list.parquet")
    workspace = columns(table, OURS)
    against = {"path": "../list.parquet", "name": "the list"}
    said = workspace.decide({"dedup": {**step, "against": against}})
    assert said.filter(pl.col("verdict") == "drop")["row"].to_list() == [str(n) for n in out]
    assert set(said["reason"].drop_nulls()) == {"in the list"}
    others = workspace.decide({"dedup": {**step, "against": {**against, "drop": "others"}}})
    assert said["verdict"].ne(others["verdict"])[:3].all()


def test_against_says_which_row(table: Table, tmp_path: Path) -> None:
    listed = pl.DataFrame({"one": ["y y", CHAIN[0]], "two": ["z z", CHAIN[0]]})
    listed.write_csv(tmp_path / "list.csv")
    against = {"path": "../list.csv", "name": "the list"}
    step = {"dedup": {**words("one", "two")["dedup"], "against": against}}
    said = columns(table, [(CHAIN[0], CHAIN[1])]).decide(step)
    assert said["detail"][0] == "equal one, text, as in row 2"
    assert said["score"][0] == pytest.approx(9 / 11)
    assert said["threshold"][0] == 0.8


def test_against_pairs_of_a_release(table: Table, tmp_path: Path) -> None:
    """Its pictures are looked at beside its captions: what stands in other pairs of it is no pair."""
    (tmp_path / "media").mkdir()
    for n in range(2):
        photo(n, 120, 90).save(tmp_path / "media" / f"{n}.png")
        photo(n, 120, 90).save(tmp_path / "media" / f"{n}.jpg", quality=60)
    captions = ["a picture of noise", "something else"]
    first = [{"image": f"{n}.png", "caption": captions[n]} for n in range(2)]
    earlier = table(first, image="image", caption="text")
    release = earlier.having(name="earlier", version="1.0.0", steps=[]).build().path
    later = [("0.jpg", 0), ("0.jpg", 1), ("0.png", 2), ("1.png", 1)]
    rows = [{"image": name, "caption": [*captions, "new"][n]} for name, n in later]
    workspace = table(rows, image="image", caption="text")
    against = {"path": f"../{release.relative_to(tmp_path)}", "name": "earlier"}
    near = {"near": ["image", "caption"], "against": against}
    drops = {"keep": 0, "drop": 1}
    assert [drops[v] for v in workspace.decide({"dedup": near})["verdict"]] == [1, 0, 0, 1]
    exact = {"exact": "pair", "against": against}
    assert [drops[v] for v in workspace.decide({"dedup": exact})["verdict"]] == [0, 0, 0, 1]
    decoded = {"exact": "pair", "by": "content", "against": against}
    assert [drops[v] for v in workspace.decide({"dedup": decoded})["verdict"]] == [0, 0, 0, 1]
    some = {**near, "match": "any"}
    assert [drops[v] for v in workspace.decide({"dedup": some})["verdict"]] == [1, 1, 1, 1]


def test_against_what_holds_nothing_to_compare(table: Table, tmp_path: Path) -> None:
    """Nothing would match, and nobody would know why."""
    pl.DataFrame({"one": ["a"]}).write_csv(tmp_path / "list.csv")
    against = {"path": "../list.csv", "name": "the list"}
    with pytest.raises(DataError, match="the list holds nothing of the field 'two'"):
        columns(table, OURS).decide({"dedup": {"exact": "pair", "against": against}})
