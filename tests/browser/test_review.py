"""The review page in a real browser: a person decides, and the next build does as they said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.browser.conftest import Watched
from tests.browser.reviewing import reviewing
from tests.workspace import FIELDS, FOLDER, STEPS, Workspace, write_media

pytest.importorskip("starlette")


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    write_media(tmp_path / "media")
    keys: dict[str, Any] = {
        "name": "things",
        "version": "draft",
        "fields": FIELDS,
        "sources": [{"folder": FOLDER}],
        "steps": STEPS,
    }
    place = Workspace(tmp_path).having(**keys)
    place.build()
    return place


def lines(place: Workspace) -> list[dict[str, Any]]:
    path = place.root / "reviews" / "things.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def story(place: Workspace) -> dict[str, list[dict[str, Any]]]:
    """What became of every pair, by the place it was read from; reviews aside."""
    pairs, decisions, _ = place.tables()
    rows = dict(pairs.select("pair_id", "row").iter_rows())
    found: dict[str, list[dict[str, Any]]] = {row: [] for row in rows.values()}
    for line in decisions.drop("step").iter_rows(named=True):
        found[rows[line["pair_id"]]].append(line)
    for pair in pairs.iter_rows(named=True):
        found[pair["row"]].append(pair)
    return found


def named(place: Workspace, row: str) -> str:
    pairs, _, _ = place.tables()
    return str(pairs.row(by_predicate=pl.col("row").str.ends_with(row), named=True)["pair_id"])


def test_keys_decide_and_the_next_build_does_so(
    place: Workspace, watch: Callable[..., Watched]
) -> None:
    before = story(place)
    owl, soup = named(place, "owl.webp"), named(place, "soup.webp")
    with reviewing(place.path) as running:
        seen = watch(running.address)
        seen.page.wait_for_url("**/pair/**")
        base = f"http://127.0.0.1:{running.keys.port}"
        for pair, key in ((owl, "d"), (soup, "k")):
            seen.page.goto(f"{base}/pair/{pair}?by=all")
            with seen.page.expect_navigation():
                seen.page.keyboard.press(key)
        assert not seen.complaints
        assert {url.split("/")[2] for url in seen.requests} == {f"127.0.0.1:{running.keys.port}"}
    assert [(one["action"], one["pair_id"], one["by"]) for one in lines(place)] == [
        ("drop", owl, "Ada"),
        ("keep", soup, "Ada"),
    ]
    place.build()
    after = story(place)
    changed = {row.rsplit("/")[-1] for row in before if before[row] != after[row]}
    assert changed == {"owl.webp", "soup.webp"}
