"""The site of the docs opens from disk, asks for nothing, and finds what is searched for."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from docs.make.__main__ import ZENSICAL, stage
from docs.make.example import ROOT
from tests.browser.conftest import Watched


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Without what the examples build. A link that leads nowhere would stop it."""
    root = tmp_path_factory.mktemp("site")
    stage(root / "build" / "docs")
    shutil.copy(ROOT / "zensical.toml", root)
    subprocess.run(ZENSICAL, cwd=root, check=True, env={**os.environ, "NO_COLOR": "1"})
    return root / "build" / "site"


@pytest.mark.parametrize(
    "page", ["index", "tutorial", "steps/dedup", "howto/plugin", "reference/recipe"]
)
@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (390, "dark")], ids=["desktop", "phone"]
)
def test_asks_for_nothing_and_is_readable(
    site: Path, watch: Callable[..., Watched], page: str, width: int, scheme: str
) -> None:
    watched = watch((site / f"{page}.html").as_uri(), width=width, color_scheme=scheme)
    assert watched.page.locator("h1").count() == 1
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= width
    assert watched.complaints == []
    assert [url for url in watched.requests if not url.startswith(("file:", "data:"))] == []


def test_finds_what_is_searched_for(site: Path, watch: Callable[..., Watched]) -> None:
    watched = watch((site / "index.html").as_uri())
    watched.page.keyboard.press("/")
    asked = watched.page.locator("input:visible").first
    asked.press_sequentially("tombstones", delay=50)
    watched.page.get_by_text("Take a pair back").first.wait_for()
    assert asked.input_value() == "tombstones"
    assert watched.complaints == []
