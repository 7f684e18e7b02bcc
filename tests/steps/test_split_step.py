"""`split`: shares about as asked, copies never torn apart, and the same for each pair always."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.recipe import read_recipe
from curate.run.order import Decode, in_order
from tests.steps.conftest import Table
from tests.workspace import Workspace, photo

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}


def captions(table: Table, count: int, **metadata: Any) -> Workspace:
    """Texts with nothing in common."""
    rows = [{"caption": f"{n:x}" * 9, **metadata} for n in range(1000, 1000 + count)]
    return table(rows, caption="text")


def parts(workspace: Workspace, **more: Any) -> dict[int, str]:
    """Row -> part."""
    said = workspace.decide({"split": {**SHARES, **more}})
    assert set(said["verdict"]) == {"keep"}
    return {int(row): part for row, part in said.select("row", "reason").rows()}


def test_shares(table: Table) -> None:
    found = Counter(parts(captions(table, 2000)).values())
    assert set(found) == set(SHARES)
    for part, share in SHARES.items():
        assert found[part] == pytest.approx(2000 * share, abs=80)


def test_rows_may_come_and_go(table: Table) -> None:
    """A pair stays in its part when others are added before and behind it."""
    few = parts(captions(table, 40))
    many = parts(captions(table, 90))
    assert few.items() <= many.items()
    rows = [{"caption": f"{n:x}" * 9} for n in reversed(range(990, 1040))]
    moved = parts(table(rows, caption="text"))
    assert {n: moved[39 - n] for n in few} == few


def test_seed(table: Table) -> None:
    workspace = captions(table, 100)
    assert parts(workspace, seed=1) != parts(workspace, seed=2)
    assert parts(workspace, seed=1) == parts(workspace, seed=1)


def test_equal_media_stay_together(table: Table, tmp_path: Path) -> None:
    """Without any dedup step too."""
    (tmp_path / "media").mkdir()
    for number in range(4):
        photo(number).save(tmp_path / "media" / f"{number}.png")
    rows = [{"image": f"{n % 4}.png", "caption": f"caption {n}"} for n in range(40)]
    found = parts(table(rows, image="image", caption="text"))
    assert all(found[n] == found[n % 4] for n in range(40))
    assert len(set(found.values())) > 1


@pytest.mark.parametrize(("fields", "groups"), [(["kind"], 7), (["kind", "near_duplicates"], 7)])
def test_keep_together(table: Table, fields: list[str], groups: int) -> None:
    rows: list[dict[str, object]] = [
        {"caption": f"{n:x}" * 9, "kind": f"kind {n % 7}"} for n in range(1000, 1100)
    ]
    rows += [{"caption": f"{n:x}" * 9, "kind": None} for n in range(2000, 2050)]
    found = parts(table(rows, caption="text"), keep_together=fields)
    assert all(found[n] == found[n % groups] for n in range(100))
    assert len({found[n] for n in range(100, 150)}) == 3


def test_keep_texts_together(table: Table) -> None:
    rows = [{"caption": f"{n:x}" * 9, "title": f"title {n % 3}"} for n in range(1000, 1100)]
    found = parts(table(rows, caption="text", title="text"), keep_together=["title"])
    assert all(found[n] == found[n % 3] for n in range(100))


TEXTS = st.lists(
    st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=6).map(" ".join),
    min_size=2,
    max_size=14,
)
NEAR = {"near": ["caption", "title"], "minhash": {"ngram": 1, "unit": "word", "threshold": 0.6}}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(texts=TEXTS)
def test_copies_that_are_kept_stay_together(table: Table, texts: list[str]) -> None:
    """Pairs near in one field are kept where all fields must be near, and are never torn apart."""
    rows = [{"n": n, "caption": text, "title": f"{n:x}" * 9} for n, text in enumerate(texts)]
    workspace = table(rows, caption="text", title="text")
    split = {"split": {"train": 0.5, "test": 0.5}}
    workspace.having(steps=[split, {"dedup": NEAR}]).build()
    pairs, _, _ = workspace.tables()
    kept = pairs.filter(pl.col("status") == "kept").select("caption", "split").rows()
    for (one, part), (other, its) in combinations(kept, 2):
        words = set(one.split()), set(other.split())
        if len(words[0] & words[1]) >= 0.6 * len(words[0] | words[1]):
            assert part == its


ALIGN = {"align": {"score": ["image", "caption"]}}
DEDUP = {"dedup": {"near": "image"}}
SPLIT = {"split": {"train": 0.5, "test": 0.5}}
HEADER, CONTENT = {"filter": {"image.min_side": 1}}, {"filter": {"image.sharpness": 1}}
MIXED = {"filter": {"image.min_side": 1, "image.sharpness": 1}}


@pytest.mark.parametrize(
    ("written", "run"),
    [
        ([], "decode"),
        ([HEADER], "filter.min_side decode"),
        ([CONTENT], "decode filter.sharpness"),
        ([MIXED], "filter.min_side decode filter.sharpness"),
        ([CONTENT, HEADER], "decode filter.sharpness filter.min_side"),
        ([SPLIT], "decode split"),
        ([DEDUP, SPLIT, ALIGN], "decode dedup split align"),
        ([SPLIT, DEDUP, ALIGN], "decode dedup split align"),
        ([DEDUP, ALIGN, SPLIT], "decode dedup split align"),
        ([ALIGN, DEDUP, SPLIT], "decode split align dedup"),
        ([HEADER, SPLIT, CONTENT], "filter.min_side decode split filter.sharpness"),
        ([{"dedup": {"exact": "pair"}}, HEADER], "dedup filter.min_side decode"),
    ],
)
def test_order(workspace: Workspace, written: list[dict[str, Any]], run: str) -> None:
    """Headers before decoding, the split after copies have gone and before anything is learned."""
    recipe = read_recipe(workspace.having(steps=written).path)
    actions = in_order(recipe.steps, recipe.fields)
    assert " ".join(map(_short, actions)) == run


def _short(action: Any) -> str:
    if isinstance(action, Decode):
        return "decode"
    bounds = [key.partition(".")[2] for key in getattr(action, "bounds", {})]
    return ".".join([str(action.word), *bounds])


def test_the_split_is_in_every_table(table: Table) -> None:
    workspace = captions(table, 20)
    built = workspace.having(steps=[{"split": SHARES}]).build()
    pairs, _, data = workspace.tables()
    assert dict(pairs.select("pair_id", "split").rows()) == dict(data.rows())
    assert sum(built.kept.values()) == 20
    assert pl.read_parquet(built.path / "pairs.parquet")["split"].null_count() == 0
