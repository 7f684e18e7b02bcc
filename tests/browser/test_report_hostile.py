"""Whatever data says, the report shows it and does not obey it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.report.content import Medium
from curate.report.page import render_report
from curate.report.payload import pairs_payload
from curate.report.wording import visible
from tests.browser.conftest import Watched
from tests.browser.reports import HOSTILE, hostile, pair_id, report
from tests.browser.test_report import outside

Open = Callable[..., Watched]
TOLD = report()


def test_a_report_of_hostile_words_shows_them_and_nothing_else(watch: Open, tmp_path: Path) -> None:
    looked_at(watch, tmp_path, *HOSTILE)


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_are_shown_wherever_they_stand(
    watch: Open, tmp_path: Path, text: str
) -> None:
    page = looked_at(watch, tmp_path, text).page
    page.locator("#gallery a").nth(1).click()
    page.get_by_role("dialog").wait_for()
    assert visible(text).strip() in (page.locator("#story dd").first.text_content() or "")


def looked_at(watch: Open, folder: Path, *texts: str) -> Watched:
    """Opened on a phone and used: nothing ran, nothing left, nothing hangs over the edge."""
    path = folder / "report.html"
    path.write_text(render_report(hostile(*texts)), encoding="utf-8")
    opened = watch(path.as_uri(), width=390)
    page = opened.page
    title = page.title()
    assert page.locator("#gallery > li").count() > 0
    for number in range(3):
        page.locator("#gallery a").nth(number).click()
        page.get_by_role("dialog").wait_for()
        page.keyboard.press("Escape")
    page.locator("#points").focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.title() == title
    links = "[...document.links].map((one) => one.getAttribute('href')).filter((h) => h[0] !== '#')"
    assert page.evaluate(links) == []
    assert (opened.complaints, outside(opened)) == ([], [])
    return opened


def test_the_policy_stops_a_script_that_would_get_in(watch: Open, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    taken = "<script>document.title='taken'</script><img src='https://example.org/x.png'>"
    path.write_text(render_report(report()).replace("</main>", f"{taken}</main>"))
    opened = watch(path.as_uri())
    assert "taken" not in opened.page.title()
    assert any("Content Security Policy" in said for said in opened.complaints)


def test_a_medium_that_is_none_is_an_empty_frame(watch: Open, tmp_path: Path) -> None:
    told = report()
    evil = Medium("image", "image/svg+xml", b"<svg onload='parent.document.title=1'/>")
    other = Medium("audio", "text/html", b"<script>parent.document.title=1</script>")
    first = replace(told.shown[1], media={"image": evil, "speech": other})
    path = tmp_path / "report.html"
    path.write_text(render_report(replace(told, shown=[first])), encoding="utf-8")
    opened = watch(f"{path.as_uri()}#pair={pair_id(1)}")
    assert opened.page.title() == "shore 1.0.0 · report"
    assert outside(opened) == []


@given(st.text())
def test_no_string_ends_the_element_that_holds_it(text: str) -> None:
    told = replace(TOLD, shown=[replace(TOLD.shown[0], texts={"caption": text})])
    assert not {"<", ">", "&"} & set(pairs_payload(told))


def test_what_has_no_shape_is_named() -> None:
    assert visible("invoice\u202egnp.exe") == "invoice⟦U+202E⟧gnp.exe"
    assert visible("a\u2066b\u2069\u200b\x07") == "a⟦U+2066⟧b⟦U+2069⟧⟦U+200B⟧⟦U+0007⟧"
    assert visible("\ud800") == "\ufffd"
    for plain in ("\u05e9\u05dc\u05d5\u05dd", "two\nlines\t", "\U0001f468\u200d\U0001f469"):
        assert visible(plain) == plain
