"""Reports of the shipped recipes' releases, opened as an auditor opens them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.recipe import read_recipe
from curate.run.build import Options, build
from tests.browser.conftest import Watched
from tests.evaluation.conftest import STAMPS

RECIPES = Path(__file__).parents[2] / "recipes"
SOME, ALL = 150, None
LOADED = "image => image.complete && image.naturalWidth > 0"


@pytest.fixture(
    scope="module",
    params=[
        ("openmoji", SOME),
        ("stamps", SOME),
        pytest.param(("openmoji", ALL), marks=pytest.mark.slow),
        pytest.param(("stamps", ALL), marks=pytest.mark.slow),
    ],
    ids=lambda param: f"{param[0]}-{param[1] or 'all'}",
)
def release(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of a shipped recipe, whole or of some of its rows."""
    name, limit = request.param
    if name == "stamps" and not STAMPS.is_dir():
        pytest.skip("the Debian package tuxpaint-stamps-default is not installed")
    home = tmp_path_factory.mktemp(name) / "recipes"
    home.mkdir()
    (home / "answers").mkdir()
    for path in (f"{name}.yaml", f"answers/{name}.yaml"):
        (home / path).write_bytes((RECIPES / path).read_bytes())
    return build(read_recipe(home / f"{name}.yaml"), Options(limit=limit)).path


@pytest.fixture
def opened(watch: Callable[..., Watched], release: Path) -> Watched:
    return watch((release / "report.html").as_uri())


@pytest.fixture(scope="module")
def facts(release: Path) -> Any:
    return json.loads((release / "facts.json").read_text())


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_its_counts_are_the_facts(opened: Watched, facts: Any) -> None:
    kept, read = (facts["pairs"][name]["value"] for name in ("kept", "read"))
    strip = opened.page.locator(".strip").inner_text()
    assert f"{kept:,}" in strip
    assert f"of {read:,} read" in strip
    rows = opened.page.locator("#flow-table tbody tr").all()
    flow = [[number(cell) for cell in row.locator("td").all_inner_texts()] for row in rows]
    assert (flow[0][0], flow[-1][-1]) == (read, kept)
    left = sum(loss["pairs"] for loss in facts["pairs"]["losses"]["value"])
    assert sum(row[2] for row in flow) == left


def test_it_holds_still(opened: Watched) -> None:
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert opened.axe() == []


def test_filters_show_what_they_say(opened: Watched) -> None:
    page = opened.page
    kinds = page.locator(".kinds button").all()
    assert len(kinds) >= 3
    for kind in kinds:
        kind.click()
        said = number(kind.inner_text().split()[-1])
        assert page.locator("#counted").inner_text().startswith(f"{said:,} of ")


def test_its_pictures_are_pictures(opened: Watched) -> None:
    first = opened.page.locator("#gallery img").first
    first.scroll_into_view_if_needed()
    handle = first.element_handle()
    assert handle is not None
    opened.page.wait_for_function(LOADED, arg=handle)


def test_its_recordings_play(opened: Watched, release: Path) -> None:
    sound = opened.page.locator("#gallery audio")
    if "stamps" not in release.parts:
        assert sound.count() == 0
        return
    handle = sound.first.element_handle()
    assert handle is not None
    opened.page.evaluate("sound => { sound.muted = true; sound.play(); }", handle)
    opened.page.wait_for_function("sound => sound.currentTime > 0", arg=handle)
