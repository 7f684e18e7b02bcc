"""The review page in a real browser: a person decides, and the next build does as they said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

pytest.importorskip("starlette")

from curate.review.serve import Server
from tests.browser.conftest import Watched
from tests.browser.reviewing import reviewing
from tests.workspace import FIELDS, FOLDER, STEPS, Workspace, write_media

if TYPE_CHECKING:
    from playwright.sync_api import Page

Watch = Callable[..., Watched]
HOSTILE = (
    '<script>window.broken = 1</script><img src=x onerror="window.broken = 1"> '
    "\u202eبطة\u202c 🦆 javascript:alert(1) data:text/html,<b>x</b> {{ 7 * 7 }} ' \" &amp; "
    + "long "
    * 2_000
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small release with pictures and sounds; one caption means harm."""
    root = tmp_path_factory.mktemp("built")
    write_media(root / "media")
    (root / "media" / "things" / "chair.txt").write_text(HOSTILE + "\n")
    keys: dict[str, Any] = {
        "name": "things",
        "version": "draft",
        "fields": FIELDS,
        "sources": [{"folder": FOLDER}],
        "steps": STEPS,
    }
    place = Workspace(root).having(**keys)
    place.build()
    return place


@pytest.fixture
def place(built: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(built.root, tmp_path, dirs_exist_ok=True)
    return Workspace(tmp_path, built.recipe)


@pytest.fixture
def running(place: Workspace) -> Iterator[Server]:
    """The recipe under review, by Ada."""
    with reviewing(place.path) as server:
        yield server


def lines(place: Workspace) -> list[dict[str, Any]]:
    path = place.root / "reviews" / "things.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def said(place: Workspace) -> list[tuple[str, str]]:
    return [(one["by"], one["action"]) for one in lines(place)]


def fates(place: Workspace) -> dict[str, Any]:
    """What became of every pair, by the place it was read from, but for the numbers of steps."""
    pairs, decisions, _ = place.tables()
    parts = decisions.drop("step").sort(pl.all()).partition_by("pair_id", as_dict=True)
    return {
        pair["row"].rsplit("/")[-1]: (pair, parts[(pair["pair_id"],)].rows())
        for pair in pairs.iter_rows(named=True)
    }


def named(place: Workspace, row: str) -> str:
    pairs, _, _ = place.tables()
    return str(pairs.row(by_predicate=pl.col("row").str.ends_with(row), named=True)["pair_id"])


def at(running: Server, place: Workspace, row: str, by: str = "all") -> str:
    return f"http://127.0.0.1:{running.keys.port}/pair/{named(place, row)}?by={by}"


def press(page: Page, key: str) -> None:
    """Press a key that leads to another page, and wait for it."""
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press(key)


def entered(watch: Watch, running: Server, **how: Any) -> Watched:
    seen = watch(running.address, **how)
    seen.page.wait_for_url(lambda url: "token" not in url)
    seen.page.wait_for_load_state("networkidle")
    return seen


def quiet(seen: Watched, running: Server) -> bool:
    """Nothing was complained of, and nothing was asked of anybody else."""
    hosts = {url.split("/")[2] for url in seen.requests}
    return not seen.complaints and hosts == {f"127.0.0.1:{running.keys.port}"}


def test_keys_decide_and_the_next_build_does_so(
    place: Workspace, running: Server, watch: Watch
) -> None:
    before = fates(place)
    seen = entered(watch, running)
    for row, key in (("owl.webp", "d"), ("soup.webp", "k"), ("lamp.jpg", "s"), ("duck.png", "u")):
        seen.page.goto(at(running, place, row))
        press(seen.page, key)
    assert quiet(seen, running)
    ids = [named(place, row) for row in ("owl.webp", "soup.webp", "lamp.jpg", "duck.png")]
    assert [(one["action"], one["pair_id"]) for one in lines(place)] == list(
        zip(("drop", "keep", "synthetic", "unsafe"), ids, strict=True)
    )
    place.build()
    after = fates(place)
    moved = {row for row in before if before[row] != after[row]}
    assert moved == {"owl.webp", "soup.webp", "lamp.jpg", "duck.png"}
    statuses = {row: after[row][0]["status"] for row in moved}
    assert statuses["soup.webp"] == statuses["lamp.jpg"] == "kept"
    assert statuses["owl.webp"] == statuses["duck.png"] == "dropped"


def test_clicks_correct_and_the_next_build_does_so(
    place: Workspace, running: Server, watch: Watch
) -> None:
    before = fates(place)
    seen = entered(watch, running)
    seen.page.goto(at(running, place, "owl.webp"))
    caption = seen.page.locator(".value").filter(has_text="caption").first
    caption.locator("summary").click()
    caption.locator("textarea").fill("A barn owl.\nIt sleeps.")
    with seen.page.expect_navigation():
        caption.get_by_role("button", name="Save").click()
    assert "A barn owl." in seen.page.locator(".said").inner_text()
    category = seen.page.locator(".value").filter(has_text="category")
    with seen.page.expect_navigation():
        category.get_by_role("button", name="Wrong").click()
    assert quiet(seen, running)
    place.build()
    after = fates(place)
    assert {row for row in before if before[row] != after[row]} == {"owl.webp"}
    assert after["owl.webp"][0]["caption"] == "A barn owl.\nIt sleeps."
    assert after["owl.webp"][0]["category"] is None


def test_edits_by_keys(place: Workspace, running: Server, watch: Watch) -> None:
    seen = entered(watch, running)
    seen.page.goto(at(running, place, "owl.webp"))
    seen.page.keyboard.press("e")
    assert seen.page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    seen.page.keyboard.type(" It is kind.")
    press(seen.page, "Control+Enter")
    (line,) = lines(place)
    assert (line["field"], line["value"]) == ("caption", "An owl at night. It is kind.")


def test_what_was_said_is_undone(place: Workspace, running: Server, watch: Watch) -> None:
    """Of a pair that is not the last of its queue, as one with an Ogg file may be: its id is chance."""
    before = fates(place)
    seen = entered(watch, running)
    seen.page.goto(at(running, place, "bread.jpg"))
    press(seen.page, "d")
    assert named(place, "bread.jpg") not in seen.page.url
    press(seen.page, "z")
    assert named(place, "bread.jpg") in seen.page.url
    press(seen.page, "z")
    assert said(place) == [("Ada", "drop"), ("Ada", "undo")]
    place.build()
    assert fates(place) == before


def test_arrows_move_and_a_key_lists_them(running: Server, watch: Watch) -> None:
    seen = entered(watch, running)
    first = seen.page.url
    press(seen.page, "ArrowRight")
    assert seen.page.url != first
    press(seen.page, "ArrowLeft")
    assert seen.page.url == first
    seen.page.keyboard.press("?")
    assert seen.page.get_by_role("dialog").is_visible()
    seen.page.keyboard.press("d")
    seen.page.keyboard.press("Escape")
    assert not seen.page.get_by_role("dialog").is_visible()
    assert seen.page.url == first


def test_two_people_and_their_agreement(place: Workspace, watch: Watch) -> None:
    with reviewing(place.path, by=None) as running:
        for name, keys in (("Ada", "kdk"), ("Bob <b>", "ddk")):
            seen = entered(watch, running)
            seen.page.get_by_label("Name").fill(name)
            with seen.page.expect_navigation():
                seen.page.get_by_role("button", name="Begin").click()
            seen.page.goto(f"http://127.0.0.1:{running.keys.port}/?by=all")
            assert "Ada said" not in seen.page.inner_text("main")
            for key in keys:
                press(seen.page, key)
        seen.page.goto(f"http://127.0.0.1:{running.keys.port}/agreement")
        assert "Ada and Bob <b>\t3\t67%\t0.40" in seen.page.inner_text("main")
        seen.page.goto(f"http://127.0.0.1:{running.keys.port}/?by=disagreement")
        assert "people disagree (Ada: keep, Bob <b>: drop)" in seen.page.inner_text(".why")
        assert "Ada said keep" in seen.page.inner_text(".said")
        assert quiet(seen, running)


def test_media_play(place: Workspace, running: Server, watch: Watch) -> None:
    seen = entered(watch, running)
    seen.page.goto(at(running, place, "apple.png"))
    picture = seen.page.locator("img")
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") == 96
    sounds = seen.page.locator("audio")
    assert sounds.count() == 2
    for number in range(2):
        played = sounds.nth(number).evaluate(
            "one => (one.muted = true, one.play().then(() => new Promise(done =>"
            " one.addEventListener('ended', () => done(one.duration)))))"
        )
        assert played == pytest.approx(0.3, abs=0.05)
    assert quiet(seen, running)


def test_a_release_shows_what_it_holds(place: Workspace, watch: Watch) -> None:
    with reviewing(place.release) as running:
        seen = entered(watch, running)
        seen.page.goto(at(running, place, "owl.webp"))
        assert seen.page.locator("img").evaluate("one => one.decode().then(() => one.naturalWidth)")
        press(seen.page, "d")
        seen.page.goto(at(running, place, "soup.webp"))
        assert "image is not in the release" in seen.page.inner_text("main")
        assert quiet(seen, running)
    assert said(place) == [("Ada", "drop")]
    place.build()
    assert fates(place)["owl.webp"][0]["status"] == "dropped"


def test_what_is_unsafe_is_veiled(place: Workspace, running: Server, watch: Watch) -> None:
    seen = entered(watch, running)
    seen.page.goto(at(running, place, "owl.webp"))
    press(seen.page, "u")
    asked = len(seen.requests)
    seen.page.goto(at(running, place, "owl.webp"))
    assert not seen.page.locator("img").is_visible()
    assert not any("/media/" in url for url in seen.requests[asked:])
    assert not seen.page.locator(".text").first.is_visible()
    seen.page.get_by_text("Show it all the same").click()
    assert seen.page.locator("img").is_visible()
    assert seen.page.locator(".text").first.inner_text() == "An owl at night."


def test_hostile_captions_stay_words(place: Workspace, running: Server, watch: Watch) -> None:
    seen = entered(watch, running)
    asked = len(seen.requests)
    seen.page.goto(at(running, place, "chair.png"))
    assert seen.page.locator(".text").first.inner_text().startswith("<script>window.broken")
    assert seen.page.evaluate("window.broken") is None
    assert "{{ 7 * 7 }}" in seen.page.inner_text("main")
    assert {"x", "1"}.isdisjoint(url.rsplit("/")[-1] for url in seen.requests[asked:])
    width = seen.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]
    seen.page.goto(f"http://127.0.0.1:{running.keys.port}/redteam?q=%3Cscript%3E")
    assert "<script>" in seen.page.inner_text(".found")
    assert quiet(seen, running)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_anybody_can_use_it(
    place: Workspace, running: Server, watch: Watch, width: int, scheme: str
) -> None:
    seen = entered(watch, running, width=width, color_scheme=scheme)
    base = f"http://127.0.0.1:{running.keys.port}"
    unsafe = at(running, place, "duck.png")
    seen.page.goto(unsafe)
    press(seen.page, "u")
    pages = [at(running, place, "owl.webp"), unsafe, f"{base}/redteam?q=a", f"{base}/agreement"]
    for url in [*pages, f"{base}/?by=labels", f"{base}/name"]:
        seen.page.goto(url)
        assert seen.axe() == [], url
        assert seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), url
    assert quiet(seen, running)


def test_a_red_team_writes_down_what_it_finds(
    place: Workspace, running: Server, watch: Watch
) -> None:
    seen = entered(watch, running)
    seen.page.goto(f"http://127.0.0.1:{running.keys.port}/redteam")
    assert "Do strings that stand nowhere else reach the release?" in seen.page.inner_text("main")
    seen.page.get_by_role("searchbox").fill("OWL")
    press(seen.page, "Enter")
    seen.page.get_by_label("Shows it").check()
    seen.page.get_by_label("What did you find?").fill("Owls look <i>sad</i>.")
    seen.page.get_by_label("It belongs to").select_option("personal")
    with seen.page.expect_navigation():
        seen.page.get_by_role("button", name="Save").click()
    assert "Owls look <i>sad</i>." in seen.page.inner_text(".findings")
    (line,) = (place.root / "reviews" / "things.findings.jsonl").read_text().splitlines()
    found = json.loads(line)
    assert found["pair_ids"] == [named(place, "owl.webp")]
    assert (found["probe"], found["query"], found["by"]) == ("personal", "OWL", "Ada")
    assert quiet(seen, running)


def test_a_broken_line_is_told(place: Workspace, running: Server, watch: Watch) -> None:
    seen = entered(watch, running)
    (place.root / "reviews").mkdir()
    (place.root / "reviews" / "things.jsonl").write_text("{\n")
    seen.page.goto(at(running, place, "owl.webp"))
    assert "line 1: is no JSON" in seen.page.get_by_role("alert").inner_text()
