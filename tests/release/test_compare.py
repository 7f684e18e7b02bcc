"""`curate diff`: what is told of two versions of one recipe, and why."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from curate.release.compare_lock import lock_changes
from curate.release.comparison import Comparison, Reason
from curate.run.comparing import compare
from tests.workspace import STEPS, Said, Workspace, age, curate, photo, write_lines


def tighter(workspace: Workspace) -> Workspace:
    """Four words at least, no smallest side, and more to train on."""
    steps = [
        {"filter": {"caption.words": {"min": 4}}},
        *STEPS[1:3],
        {"split": {"train": 0.8, "test": 0.2}},
    ]
    return workspace.having(version="1.1.0", steps=steps)


@pytest.fixture
def two(workspace: Workspace) -> tuple[Path, Path]:
    """The ten pairs, and again after a caption was rewritten, a picture taken away and one added."""
    workspace.build()
    (workspace.media / "birds" / "owl.txt").write_text("An owl at midnight by the lake.\n")
    (workspace.media / "things" / "chair.png").unlink()
    photo(77).save(workspace.media / "things" / "table.png")
    (workspace.media / "things" / "table.txt").write_text("A table with four legs.\n")
    age(workspace.media)
    newer = tighter(workspace)
    newer.build()
    return workspace.release, newer.release


def reason(found: Comparison, cause: str) -> Reason:
    return next(one for one in found.reasons if one.cause.startswith(cause))


def test_every_difference_has_its_reason(two: tuple[Path, Path]) -> None:
    found = compare(*two)
    assert [(one.way, one.pairs, one.cause) for one in found.reasons] == [
        ("removed", 2, "dropped by 'filter caption.words'"),
        ("removed", 1, "no longer at the source"),
        ("added", 1, "new at the source"),
        ("added", 1, "no longer dropped by 'filter image.min_side caption.words'"),
        ("changed", 1, "caption, caption_fr changed at the source"),
    ]
    assert (found.a.kept, found.b.kept) == (7, 6)
    assert found.a.kept + found.of("added") - found.of("removed") == found.b.kept
    dropped = reason(found, "dropped")
    assert dropped.reason == "caption.words below minimum"
    assert (dropped.score_now, dropped.threshold_now) == (3.0, 4.0)
    assert dropped.recipe == ["steps[0].filter.caption.words.min was 2, is 4"]
    assert reason(found, "no longer dropped").recipe == [
        "steps[0].filter.image.min_side is gone: 48"
    ]


def test_words_come_first(two: tuple[Path, Path]) -> None:
    said = curate("diff", *two)
    assert said.code == 0
    first, second, *rest = said.out.splitlines()
    assert first == "ten 1.1.0 holds 6 pairs, ten 1.0.0 held 7: 2 added, 3 removed, 1 changed."
    assert second.startswith("  2 pairs were removed: dropped by 'filter caption.words'")
    assert any("Between splits moved 1 pair from test to train." in line for line in rest)


def test_backwards_is_the_other_way_round(two: tuple[Path, Path]) -> None:
    there, back = compare(*two), compare(*reversed(two))
    assert there.of("added") == back.of("removed")
    assert there.of("removed") == back.of("added")
    assert there.of("changed") == back.of("changed") == 1
    assert reason(back, "no longer dropped").reason == reason(there, "dropped").reason


def test_a_release_and_itself(two: tuple[Path, Path]) -> None:
    found = compare(two[0], two[0])
    assert found.headline == ["ten 1.0.0 holds exactly what ten 1.0.0 holds."]
    assert (found.reasons, found.moved, found.lock, found.figures) == ([], [], [], [])


def test_json_is_the_document(two: tuple[Path, Path]) -> None:
    said = curate("diff", *two, "--json")
    assert Comparison.model_validate(said.document) == compare(*two)


class Reader(HTMLParser):
    """Which tags a page has, and what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.told = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [str(v) for k, v in attrs if k in ("src", "href", "srcset", "onload")]

    def handle_data(self, data: str) -> None:
        self.told += data


def test_a_page_obeys_nothing_that_stands_in_the_data(workspace: Workspace, tmp_path: Path) -> None:
    evil = "<script>alert('x')</script><img src=x onerror=alert(1)>"
    rows = [{"text": f"This is number {n}.", "kind": evil if n % 2 else "b"} for n in range(4)]
    write_lines(tmp_path / "w" / "media" / "rows.jsonl", rows)
    place = Workspace(tmp_path / "w").having(
        name="evil",
        version="1.0.0",
        fields={"text": {"type": "text"}, "kind": {"type": "metadata", "group": True}},
        sources=[{"jsonl": {"path": "../media/rows.jsonl", "text": "text", "kind": "kind"}}],
    )
    place.build()
    newer = place.having(version="1.1.0", description=evil, seed=3)
    newer.build()
    file = tmp_path / "page.html"
    said = curate("diff", place.release, newer.release, "--html", file)
    assert said.code == 0
    read = Reader()
    read.feed(file.read_text())
    assert evil in read.told
    assert not read.tags & {"script", "img", "link", "iframe", "object"}
    assert read.addresses == []


def numbered(root: Path, version: str, rows: list[dict[str, Any]], **keys: Any) -> Workspace:
    write_lines(root / "media" / "rows.jsonl", rows)
    place = Workspace(root).having(
        name="numbers",
        version=version,
        fields={
            "text": {"type": "text"},
            "size": {"type": "metadata"},
            "kind": {"type": "metadata", "group": True},
        },
        sources=[
            {"jsonl": {"path": "../media/rows.jsonl", **{n: n for n in ("text", "size", "kind")}}}
        ],
        **keys,
    )
    place.build()
    return place


def test_planted_drift_of_numbers_and_groups(tmp_path: Path) -> None:
    def rows(first: int, shift: int, birds: int) -> list[dict[str, Any]]:
        return [
            {
                "text": f"Thing number {n}.",
                "size": n * 37 % 101 + shift,
                "kind": "bird" if n % 10 < birds else "tool",
            }
            for n in range(first, first + 400)
        ]

    one = numbered(tmp_path, "1.0.0", rows(1000, 0, 5)).release
    same = numbered(tmp_path, "1.1.0", rows(2000, 0, 5)).release
    other = numbered(tmp_path, "1.2.0", rows(3000, 30, 8)).release
    quiet = {d.of: d for d in compare(one, same).drift}
    assert not any(drift.beyond_chance for drift in quiet.values())
    found = compare(one, other)
    loud = {d.of: d for d in found.drift}
    assert loud["size"].beyond_chance
    assert loud["kind"].beyond_chance
    assert not loud["characters of text"].beyond_chance
    assert (loud["size"].n_then, loud["size"].n_now) == (400, 400)
    birds = next(share for share in found.shares if share.group == "bird")
    assert (birds.then["value"], birds.now["value"], birds.change) == (0.5, 0.8, 0.3)
    assert 0.2 < birds.low < 0.3 < birds.high < 0.4
    assert any(line.startswith("'size' drifted (PSI") for line in found.headline)


def test_thresholds_then_and_now(tmp_path: Path) -> None:
    """A step that scores what it keeps says for every pair that left how far it was from staying."""
    rows = [{"text": f"Thing {n}.", "size": n, "kind": "a"} for n in range(40)]
    lower, higher = ({"filter": {"where": f"size >= {least}"}} for least in (10, 20))
    one = numbered(tmp_path, "1.0.0", rows, steps=[lower]).release
    two = numbered(tmp_path, "1.1.0", rows, steps=[higher]).release
    found = compare(one, two)
    assert [(r.way, r.pairs) for r in found.reasons] == [("removed", 10)]
    assert found.reasons[0].recipe == ["steps[0].filter.where was 'size >= 10', is 'size >= 20'"]


def test_locks_are_laid_beside_each_other() -> None:
    a = {"recipe": {"steps": [{"dedup": {"near": "image"}}, {"split": {"train": 0.8}}]}}
    b = {
        "recipe": {
            "steps": [
                {"filter": {"where": "x"}},
                {"dedup": {"near": "image"}},
                {"split": {"train": 0.9}},
            ]
        }
    }
    assert [tuple(one) for one in lock_changes(a, b)] == [
        ("recipe.steps[0]", None, {"filter": {"where": "x"}}),
        ("recipe.steps[2].split.train", 0.8, 0.9),
    ]
    assert lock_changes(a, a) == []


def test_what_is_no_release(two: tuple[Path, Path], tmp_path: Path) -> None:
    said: Said = curate("diff", two[0], tmp_path, "--json")
    assert said.code == 1
    assert "is no release" in json.loads(said.out)["error"]["message"]
