"""Every example of the docs: what can be run is run, the rest is held against the code.

`CURATE_REGENERATE=1 pytest tests/docs` writes into the pages what their examples print now; read
the difference, and shorten it with lines of `...`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from curate.steps.registry import STEPS
from docs.make.example import ROOT, holds, replayed
from docs.make.made import filled
from docs.make.page import Page
from docs.make.sound import complaints

DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md"]
RUN = ("tutorial.md", "steps/*.md", "howto/*.md")
SLOW = {"tutorial"}
"""Pages whose examples take minutes."""


def _name(page: Path) -> str:
    return str(page.relative_to(DOCS).with_suffix("")) if DOCS in page.parents else page.stem


def _run() -> list[object]:
    """Of the pages those that are run."""
    pages = [page for pattern in RUN for page in sorted(DOCS.glob(pattern))]
    return [
        pytest.param(page, id=_name(page), marks=pytest.mark.slow if _name(page) in SLOW else ())
        for page in pages
    ]


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One store for all pages, so that a drawing is measured once."""
    return tmp_path_factory.mktemp("store")


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("path", _run())
def test_prints_what_it_says_and_shows_what_it_built(
    path: Path, tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURATE_STORE", str(store))
    page, workspace = Page.read(path), tmp_path / "workspace"
    workspace.mkdir()
    now = replayed(page, workspace)
    if os.environ.get("CURATE_REGENERATE"):
        path.write_text(now, encoding="utf-8")
    assert now == page.text
    assert "<!--" not in filled(page.text, workspace, tmp_path / path.name)


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_says_nothing_that_curate_does_not_know(path: Path, tmp_path: Path) -> None:
    assert list(complaints(Page.read(path), tmp_path)) == []


class TestWhatAPageLeavesOut:
    @pytest.mark.parametrize(
        ("shown", "said"),
        [
            ("a\n...\nd\n", "a\nb\nc\nd\n"),
            ("a\n...\nd\n", "a\nd\n"),
            ("took ... s\n", "took 1.5 s\n"),
            ("a ...\n", "a b c\n"),
            ("...\n", ""),
        ],
    )
    def test_may_be_anything(self, shown: str, said: str) -> None:
        assert holds(shown, said)

    @pytest.mark.parametrize(
        ("shown", "said"),
        [("a\nd\n", "a\nb\nd\n"), ("a ...\n", "a b\nc\n"), ("...\nd\n", "a\n"), ("1.5\n", "125\n")],
    )
    def test_is_no_more_than_that(self, shown: str, said: str) -> None:
        assert not holds(shown, said)


def test_every_step_has_a_page() -> None:
    assert {path.stem for path in DOCS.glob("steps/*.md")} == set(STEPS)
    for path in DOCS.glob("steps/*.md"):
        assert f"<!-- parameters: {path.stem} -->" in path.read_text(encoding="utf-8")
        assert "<!-- picture: " in path.read_text(encoding="utf-8")
