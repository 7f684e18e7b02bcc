"""Errors are planted where they were drawn, among unlike contents, and nowhere else."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.evaluation.planting import plant, recall_at
from curate.pairs.identity import content_hash

WORDS = ["duck", "owl", "red", "apple", "green", "house", "car", "boat", "tree", "cloud"]


def pairs(count: int = 100) -> pl.DataFrame:
    captions = [f"{WORDS[n % 10]} {WORDS[n // 10]} {n}" for n in range(count)]
    return pl.DataFrame(
        {
            "pair_id": [f"{n:03}" for n in range(count)],
            "image_sha256": [f"i{n}" for n in range(count)],
            "caption": captions,
            "caption_uri": [f"{n}.txt" for n in range(count)],
            "caption_sha256": [content_hash(text) for text in captions],
        }
    )


def test_a_share_goes_round_among_unlike_texts() -> None:
    table = pairs()
    planted, ids = plant(table, "caption", "text", 0.1, 0)
    changed = planted.filter(planted["caption"] != table["caption"])["pair_id"]
    assert set(changed) == set(ids)
    assert 8 <= len(ids) <= 10
    assert sorted(planted["caption"]) == sorted(table["caption"])
    before = dict(table.select("pair_id", "caption").iter_rows())
    for pair_id, now in (
        planted.filter(pl.col("pair_id").is_in(ids.implode()))
        .select("pair_id", "caption")
        .iter_rows()
    ):
        own, other = set(before[pair_id].split()), set(now.split())
        assert len(own & other) <= 0.2 * len(own | other)


def test_what_belongs_to_a_content_moves_with_it() -> None:
    planted, _ = plant(pairs(), "caption", "text", 0.2, 3)
    assert [content_hash(text) for text in planted["caption"]] == planted[
        "caption_sha256"
    ].to_list()
    by_text = dict(pairs().select("caption", "caption_uri").iter_rows())
    assert [by_text[text] for text in planted["caption"]] == planted["caption_uri"].to_list()
    assert planted["image_sha256"].to_list() == pairs()["image_sha256"].to_list()


def test_plantings_differ_and_repeat() -> None:
    first, again, other = (set(plant(pairs(), "caption", "text", 0.1, n)[1]) for n in (1, 1, 2))
    assert first == again != other


def test_equal_contents_are_never_exchanged() -> None:
    table = pairs(20).with_columns(image_sha256=pl.lit("one"))
    planted, ids = plant(table, "image", "image", 0.5, 0)
    assert ids.is_empty()
    assert planted.equals(table)


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=1, max_size=40))
def test_recall_at_a_precision_by_hand(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([score + n / 100 for n, (score, _) in enumerate(rows)])
    wrong = np.array([bad for _, bad in rows])
    found = recall_at(scores, wrong, 0.9)
    if not wrong.any():
        assert found is None
        return
    order = np.argsort(scores)
    best = [
        wrong[order[:k]].sum() for k in range(1, len(rows) + 1) if wrong[order[:k]].mean() >= 0.9
    ]
    assert found == pytest.approx(max(best, default=0) / wrong.sum())
