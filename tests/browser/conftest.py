"""Pages in a real browser: Debian's Chromium, driven by Playwright; every request is recorded."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

WORDS = ("error", "warning")


@dataclass
class Watched:
    """A page, what it logged as wrong, and where it asked for something."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def axe(self) -> list[str]:
        """What axe finds serious or critical, each with its first place."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:200]})"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Debian's chromium: apt install chromium")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def watch(browser: Browser) -> Iterator[Callable[..., Watched]]:
    """Opens pages: `watch(url, width=390, height=844, color_scheme="dark", ...)`."""
    opened = []

    def watch(url: str, width: int = 1280, height: int = 900, **context: object) -> Watched:
        page = browser.new_page(viewport={"width": width, "height": height}, **context)  # type: ignore[arg-type]
        opened.append(page)
        watched = Watched(page)
        page.on("request", lambda request: watched.requests.append(request.url))
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.on("console", lambda said: _hear(watched, said))
        page.goto(url)
        return watched

    yield watch
    for page in opened:
        page.close()


def _hear(watched: Watched, said: ConsoleMessage) -> None:
    if said.type in WORDS:
        watched.complaints.append(said.text)
