"""`python -m docs.make.screens`: the pictures of the README, of a release of figures drawn here.

Some captions name another colour than the figure has, so that there is something to find. Needs
Debian's chromium.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageDraw
from playwright.sync_api import Page, sync_playwright

from curate.recipe import read_recipe
from curate.run.build import build
from docs.make.example import ROOT
from tests.browser.reviewing import reviewing

SCREENS = ROOT / "docs" / "assets"
COLOURS = {"red": "#d6322f", "orange": "#ee8d1d", "yellow": "#f4cf2b", "green": "#2e9d57"}
COLOURS |= {"blue": "#2b6fd6", "violet": "#7b45c6", "pink": "#ec86b5", "black": "#2a2a2a"}
PLACES = ("on the left", "in the middle", "on the right")
SHAPES = {"circle": 64, "square": 4, "triangle": 3, "hexagon": 6, "star": -5}
"""Corners; a star has as many twice."""
SIDE, WRONG = 256, 0.05
RECIPE = {
    "name": "figures",
    "version": "1.0.0",
    "description": "Figures of eight colours in three places, and sentences that say so.",
    "fields": {
        "image": {"type": "image"},
        "caption": {"type": "text", "language": "en"},
        "shape": {"type": "metadata", "group": True},
    },
    "sources": [
        {"jsonl": {"path": "../figures.jsonl", **{n: n for n in ("image", "caption", "shape")}}}
    ],
    "steps": [
        {"dedup": {"exact": "pair"}},
        {"split": {"train": 0.9, "test": 0.1}},
        {"align": {"score": ["image", "caption"], "drop": {"below_quantile": 0.05}}},
    ],
    "evaluate": [{"retrieval": {"of": "align"}}],
    "governance": {"gates": {"bias.flagged": {"max": 0}, "quality.retrieval.auc": {"min": 0.8}}},
}


def main() -> None:
    """Draw, build, look, and keep the screens."""
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        release = build(read_recipe(drawn(Path(folder)))).path
        chromium = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = chromium.new_page(viewport={"width": 1200, "height": 900})
        page.goto((release / "report.html").as_uri())
        page.locator(".kinds button", has_text="Dropped").click()
        page.evaluate("() => document.querySelector('#pairs').scrollIntoView()")
        _keep(page, "report")
        page = chromium.new_page(viewport={"width": 1200, "height": 760}, color_scheme="dark")
        with reviewing(release) as running:
            page.goto(running.address)
            page.wait_for_function("() => [...document.images].every(image => image.complete)")
            _keep(page, "review")
        chromium.close()


def drawn(workspace: Path) -> Path:
    """A workspace of figures; the path of its recipe."""
    chance = random.Random(0)
    (workspace / "recipes").mkdir()
    lines = [json.dumps(line) for line in _figures(workspace / "media", chance)]
    (workspace / "figures.jsonl").write_text("\n".join(lines))
    recipe = workspace / "recipes" / "figures.yaml"
    recipe.write_text(json.dumps(RECIPE))
    return recipe


def _figures(folder: Path, chance: random.Random) -> Iterator[dict[str, str]]:
    folder.mkdir()
    kinds = [
        (s, c, p, n) for s in SHAPES for c in COLOURS for p in range(len(PLACES)) for n in range(6)
    ]
    for at, (shape, colour, place, _) in enumerate(kinds):
        path = folder / f"{at}.png"
        _figure(shape, COLOURS[colour], place, chance).save(path)
        said = chance.choice(list(COLOURS)) if chance.random() < WRONG else colour
        yield {
            "image": f"media/{path.name}",
            "caption": f"{'An' if said == 'orange' else 'A'} {said} {shape} {PLACES[place]}.",
            "shape": shape,
        }


def _figure(shape: str, colour: str, place: int, chance: random.Random) -> Image.Image:
    picture = Image.new("RGB", (SIDE, SIDE), "white")
    size = chance.uniform(28, 40)
    x, y = (60 + 68 * place, SIDE / 2 + chance.uniform(-50, 50))
    corners, turn = SHAPES[shape], chance.uniform(0, 360)
    brush = ImageDraw.Draw(picture)
    if corners > 0:
        brush.regular_polygon((x, y, size), corners, turn, fill=colour)
    else:
        for more in (0, 180 / -corners):
            brush.regular_polygon((x, y, size), 3, turn + 2 * more, fill=colour)
    return picture


def _keep(page: Page, name: str) -> None:
    page.wait_for_timeout(500)
    page.screenshot(path=SCREENS / f"{name}.png")


if __name__ == "__main__":
    main()
