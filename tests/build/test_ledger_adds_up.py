"""Whatever is in a table, the ledger accounts for every row of it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import DataError
from curate.governance.evidence import Evidence
from curate.ledger.verdict import LEAVES
from curate.release.verify import problems
from curate.report.flow import flow
from curate.run.build import Built
from tests.workspace import Workspace, age, photo, tone, write_lines

FIELDS = {
    "image": {"type": "image"},
    "caption": {"type": "text"},
    "speech": {"type": "audio", "optional": True},
    "kind": {"type": "metadata", "group": True},
}
IMAGES = ("a.png", "b.jpg", "a_again.jpg", "small.png", "half.png", "no.png", "../a.png", "/a.png")
CAPTIONS = ("one", "two words", "Two words!", "three words here", " ", "x y")
STEPS: tuple[dict[str, Any], ...] = (
    {"filter": {"image.min_side": 40, "caption.words": {"min": 2}}},
    {"filter": {"speech.duration": {"min": 0.1}, "where": "kind <> 'c'"}},
    {"dedup": {"exact": "pair"}},
    {"dedup": {"exact": "caption"}},
    {"dedup": {"near": "image"}},
    {"dedup": {"near": "caption", "minhash": {"ngram": 2}}},
    {"select": {"share": 0.7}},
    {"select": {"quota": 2, "per": ["kind"]}},
    {"split": {"train": 0.6, "test": 0.4}},
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "image": st.one_of(st.none(), st.sampled_from(IMAGES)),
            "caption": st.one_of(st.none(), st.sampled_from(CAPTIONS)),
            "speech": st.sampled_from((None, "s.wav", "s.ogg", "half.wav")),
            "kind": st.sampled_from((None, "a", "b", "c")),
        }
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A table that is written anew for every example, beside media that stay."""
    root = tmp_path_factory.mktemp("pool")
    folder = root / "table"
    folder.mkdir()
    photo(1).save(folder / "a.png")
    photo(1).save(folder / "a_again.jpg", quality=50)
    photo(2).save(folder / "b.jpg")
    photo(3, 30, 30).save(folder / "small.png")
    for name in ("s.wav", "s.ogg"):
        tone(folder / name)
    for whole, half in (("a.png", "half.png"), ("s.wav", "half.wav")):
        data = (folder / whole).read_bytes()
        (folder / half).write_bytes(data[: len(data) // 2])
    age(folder)
    names = {name: name for name in FIELDS}
    source = {"jsonl": {"path": "../table/rows.jsonl", "max_unreadable": 1, **names}}
    return Workspace(root).having(name="any", version="draft", fields=FIELDS, sources=[source])


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=ROWS, steps=st.lists(st.sampled_from(STEPS), max_size=4, unique_by=str))
def test_every_row_is_accounted_for(
    pool: Workspace, rows: list[dict[str, Any]], steps: list[dict[str, Any]]
) -> None:
    write_lines(pool.root / "table" / "rows.jsonl", rows)
    workspace = pool.having(steps=steps)
    try:
        built = workspace.build()
    except DataError as error:
        assert error.message == "no pair is left to release"
        return
    _check(workspace, built, len(rows))


def _check(workspace: Workspace, built: Built, rows: int) -> None:
    pairs, decisions, data = workspace.tables()
    assert problems(built.path) == []
    assert pairs["occurrences"].sum() == rows
    assert pairs["pair_id"].is_unique().all()
    _check_merges(pairs, decisions)
    _check_steps(pairs, decisions)
    _check_flow(pairs, decisions)
    kept = pairs.filter(pl.col("status") == "kept")["pair_id"]
    assert sorted(kept) == sorted(data["pair_id"])
    assert built.facts.pairs.read.value == pairs.height
    assert sum(built.kept.values()) == kept.len()
    assert sum(built.kept.values()) + sum(built.left.values()) == built.facts.pairs.read.value
    assert {n: c for n, c in built.kept.items() if c} == dict(
        data["split"].value_counts().iter_rows()
    )


def _check_merges(pairs: pl.DataFrame, decisions: pl.DataFrame) -> None:
    """A line per row that was no pair of its own."""
    merged = decisions.filter(pl.col("verdict") == "merge").group_by("pair_id").len()
    wanted = pairs.filter(pl.col("occurrences") > 1).select("pair_id", pl.col("occurrences") - 1)
    assert sorted(merged.rows()) == sorted(wanted.rows())


def _check_steps(pairs: pl.DataFrame, decisions: pl.DataFrame) -> None:
    """One line per pair per step that saw it, and none once it has left."""
    lines = decisions.filter(pl.col("verdict") != "merge")
    alive = set(pairs["pair_id"])
    for (_,), said in sorted(lines.partition_by("step", as_dict=True).items()):
        assert sorted(said["pair_id"]) == sorted(alive)
        alive -= set(said.filter(pl.col("verdict").is_in(LEAVES))["pair_id"])
    assert alive == set(pairs.filter(pl.col("status") == "kept")["pair_id"])


def _check_flow(pairs: pl.DataFrame, decisions: pl.DataFrame) -> None:
    """What a report draws: every step begins with what the one before it left."""
    passages = flow(Evidence(digest="", pairs=pairs, decisions=decisions, lock={}))
    assert passages[0].before == pairs.height
    assert passages[-1].after == (pairs["status"] == "kept").sum()
    for one, after in pairwise(passages):
        assert one.after == after.before
    for one in passages:
        assert one.before + one.added == one.after + sum(exit_.pairs for exit_ in one.exits)


def test_wholly_equal_rows_are_one_pair(pool: Workspace) -> None:
    same = {"image": "a.png", "caption": "two words", "speech": None, "kind": "a"}
    other = {**same, "kind": "b"}
    write_lines(pool.root / "table" / "rows.jsonl", [same, other, same, same])
    built = pool.having(steps=[]).build()
    pairs, decisions, _ = pool.tables()
    assert built.facts.pairs.merged.value == 2
    assert sorted(pairs.select("row", "occurrences").rows()) == [("0", 3), ("1", 1)]
    lines = decisions.filter(pl.col("verdict") == "merge")
    assert set(lines["reason"]) == {"equal row"}
    assert lines["name"].unique().to_list() == ["merge equal rows"]
    assert [detail.rpartition(" ")[2] for detail in lines["detail"]] == ["2", "3"]


def test_equal_content_with_other_metadata_is_another_pair(pool: Workspace) -> None:
    row = {"image": "a.png", "caption": "two words", "speech": None}
    rows = [{**row, "kind": kind} for kind in ("a", "b", None)]
    write_lines(pool.root / "table" / "rows.jsonl", rows)
    built = pool.having(steps=[{"dedup": {"exact": "pair"}}]).build()
    assert built.facts.pairs.read.value == 3
    assert built.left == {"dedup exact pair: exact duplicate pair": 2}


def test_released_in_the_order_of_the_table(pool: Workspace) -> None:
    captions = [f"caption number {n}" for n in range(9)]
    rows = [{"image": "a.png", "caption": c, "speech": None, "kind": "a"} for c in captions]
    write_lines(pool.root / "table" / "rows.jsonl", rows)
    pool.having(steps=[]).build()
    (shard,) = pool.release.glob("data/train/*.parquet")
    assert pl.read_parquet(shard, columns=["caption"])["caption"].to_list() == captions
