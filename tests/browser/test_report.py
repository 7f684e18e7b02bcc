"""The report in a browser: it tells the facts, it is used by mouse and by keyboard, media play in it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from curate.report.content import Report
from curate.report.page import render_report
from tests.browser.conftest import Watched
from tests.browser.reports import LEFT, READ, pair_id, report

LOCAL = ("file:", "data:", "blob:")
Open = Callable[..., Watched]


@pytest.fixture(scope="module")
def told() -> Report:
    return report()


@pytest.fixture(scope="module")
def page(told: Report, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the report's file."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_report(told), encoding="utf-8")
    return path.as_uri()


def cards(opened: Watched) -> int:
    return opened.page.locator("#gallery > li").count()


def words(opened: Watched, place: str) -> str:
    return " ".join(opened.page.locator(place).inner_text().split())


def counted(opened: Watched) -> str:
    return opened.page.locator("#counted").inner_text()


def test_a_report_is_the_same_page_every_time(told: Report) -> None:
    assert render_report(told) == render_report(told)


def test_counts_are_the_facts_and_add_up(watch: Open, page: str, told: Report) -> None:
    opened = watch(page)
    strip = words(opened, ".strip")
    assert f"Pairs {told.facts.pairs.kept.value} kept of {READ} read, 75.0%" in strip
    assert f"Why pairs went {LEFT} " in strip
    assert "auc 0.963 (0.956 to 0.97)" in strip.lower()
    rows = opened.page.locator("#flow-table tbody tr").all()
    flow = [[int(cell) for cell in row.locator("td").all_inner_texts()] for row in rows]
    assert flow[0][0] == READ
    assert flow[-1][-1] == told.facts.pairs.kept.value
    for before, added, left, after in flow:
        assert before + added == left + after
    assert [row[0] for row in flow[1:]] == [row[-1] for row in flow[:-1]]
    band = opened.page.locator(".sankey .pairs").all_inner_texts()
    assert [int(pairs) for pairs in band] == [row[0] for row in flow] + [flow[-1][-1]]
    assert counted(opened) == f"{READ} of {READ} pairs"
    lacking = opened.page.locator("#lacking tbody th").all_inner_texts()
    missing = [name for name, one in told.facts.statements() if one.status == "not_provided"]
    assert lacking == missing
    assert (opened.complaints, outside(opened)) == ([], [])


def test_groups_are_marked_by_more_than_colour(watch: Open, page: str) -> None:
    opened = watch(page)
    row = opened.page.locator("#groups tr.flagged")
    assert "▲ kept more" in row.inner_text()
    assert row.locator("th").inner_text() == "forest"
    assert "100% kept" in opened.page.locator("#groups .about").inner_text().replace(".0", "")
    assert opened.page.locator("#gates .flag").inner_text() == "✕ failed"


def test_filters_narrow_the_gallery_and_stand_in_the_address(watch: Open, page: str) -> None:
    opened = watch(page)
    opened.page.get_by_role("button", name=re.compile(r"^Dropped \d")).click()
    assert counted(opened) == f"{LEFT} of {READ} pairs"
    opened.page.get_by_label("Step and reason").select_option("02|image too small|")
    assert counted(opened) == f"12 of {READ} pairs"
    address = opened.page.url
    again = watch(address)
    assert counted(again) == f"12 of {READ} pairs"
    assert again.page.get_by_role("button", name=re.compile(r"^Dropped \d")).get_attribute(
        "aria-pressed"
    ) == ("true")
    opened.page.get_by_role("button", name=re.compile(r"^All \d")).click()
    opened.page.get_by_label("Step and reason").select_option("")
    opened.page.locator("[name='g.place']").select_option("forest")
    assert counted(opened) == f"24 of {READ} pairs"  # six more are withheld
    opened.page.get_by_label("Search").fill("PICTURE 17")
    assert counted(opened) == f"1 of {READ} pairs"


def test_pairs_are_sorted_by_what_was_measured(watch: Open, page: str) -> None:
    opened = watch(page)
    opened.page.get_by_label("Step and reason").select_option("04|score below threshold|")
    opened.page.get_by_label("Sort").select_option("low")
    assert "score below threshold" in opened.page.locator("#gallery > li").first.inner_text()
    opened.page.get_by_label("Step and reason").select_option("")
    opened.page.get_by_label("Sort").select_option("near")
    first = opened.page.locator("#gallery a").first
    assert first.get_attribute("data-pair") == pair_id(20)
    assert "train · score 0.3, threshold 0.3" in first.inner_text().replace("test", "train")
    more = opened.page.get_by_role("button", name="Show more")
    before = cards(opened)
    more.click()
    assert cards(opened) == 2 * before
    assert opened.page.evaluate("document.activeElement.closest('li') !== null")


def test_arrows_go_through_the_gallery(watch: Open, page: str) -> None:
    opened = watch(page)
    links = opened.page.locator("#gallery a")
    links.first.focus()
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowLeft")
    assert focused(opened) == pair_id(1)
    opened.page.keyboard.press("ArrowDown")
    below = focused(opened)
    assert below not in (pair_id(1), pair_id(2))
    opened.page.keyboard.press("Enter")
    dialog = opened.page.get_by_role("dialog")
    dialog.wait_for()
    assert below in dialog.inner_text()
    assert f"pair={below}" in opened.page.url
    opened.page.keyboard.press("ArrowRight")
    assert below not in opened.page.url
    opened.page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert "pair=" not in opened.page.url
    assert focused(opened) == below
    assert opened.complaints == []


def focused(opened: Watched) -> str:
    found = opened.page.evaluate("document.activeElement.dataset.pair ?? ''")
    return str(found)


def test_a_link_opens_a_pair_with_its_whole_story(watch: Open, page: str) -> None:
    opened = watch(f"{page}#pair={pair_id(1)}")
    dialog = opened.page.get_by_role("dialog")
    story = dialog.inner_text()
    assert "a boat in the forest, picture 1" in story
    assert dialog.locator("tbody").first.locator("tr").count() == 3
    for said in ("align image caption", "by the head", "0.205", "parrot", "a ship", "shore/1.png"):
        assert said in story
    dialog.get_by_role("link", name=pair_id(0)[:12]).first.click()
    dialog.get_by_text("picture 0").wait_for()
    assert "children" in dialog.inner_text()
    opened.page.go_back()
    dialog.get_by_text("picture 1").wait_for()
    opened.page.get_by_role("button", name="Close").click()
    assert not dialog.is_visible()
    assert (opened.complaints, outside(opened)) == ([], [])


def test_what_is_withheld_says_why_and_what_is_not_shown_where_to_look(
    watch: Open, page: str
) -> None:
    opened = watch(f"{page}#pair={pair_id(9)}")
    story = opened.page.get_by_role("dialog").inner_text()
    assert "Withheld: safety nsfw dropped it" in story
    assert "a boat" not in story
    assert opened.page.get_by_role("dialog").locator("img, audio, video").count() == 0
    strange = watch(f"{page}#pair={'e' * 64}")
    assert "not among those that this report shows" in strange.page.inner_text("dialog")


@pytest.mark.parametrize(("number", "modality"), [(1, "audio"), (2, "video")])
def test_media_play_in_place(watch: Open, page: str, number: int, modality: str) -> None:
    opened = watch(page)
    media = opened.page.locator("#gallery > li").nth(number).locator(modality)
    media.scroll_into_view_if_needed()
    media.evaluate("async (one) => { one.muted = true; await one.play(); }")
    opened.page.wait_for_function(
        "(kind) => document.querySelector(`#gallery ${kind}`).currentTime > 0.2", arg=modality
    )
    assert (opened.complaints, outside(opened)) == ([], [])
    if modality == "audio":
        assert "2.0 s of 9.0 s" in opened.page.locator("#gallery > li").nth(number).inner_text()


def test_pictures_are_drawn(watch: Open, page: str) -> None:
    opened = watch(page)
    first = opened.page.locator("#gallery img").first
    first.scroll_into_view_if_needed()
    opened.page.wait_for_function(
        "() => document.querySelector('#gallery img').naturalWidth === 96", timeout=5000
    )
    assert first.get_attribute("alt") == "image: a boat in the harbour, picture 0"
    assert first.get_attribute("loading") == "lazy"


def test_another_threshold_tells_what_was_measured_and_what_was_not(watch: Open, page: str) -> None:
    opened = watch(page)
    slider = opened.page.get_by_label("Another threshold")
    output = opened.page.locator(".what-if output")
    assert "At 0.3, as it is: 90 would pass. 90 of the release remain" in output.inner_text()
    assert "None would come back" in output.inner_text()
    at = "+document.querySelector('.tried').getAttribute('x1')"
    before = opened.page.evaluate(at)
    slider.focus()
    opened.page.keyboard.press("ArrowLeft")
    opened.page.keyboard.press("ArrowLeft")
    assert "At 0.1: 102 would pass" in output.inner_text()
    assert "12 would come back, to be judged by later steps" in output.inner_text()
    assert "that was not measured" in output.inner_text()
    assert opened.page.evaluate(at) < before
    assert slider.get_attribute("aria-valuetext") == "0.1"


def test_tables_are_sorted_by_a_press_on_a_head(watch: Open, page: str) -> None:
    opened = watch(page)
    table = opened.page.get_by_role("table", name="Groups of place")
    kept = table.get_by_role("button", name="Kept")
    kept.focus()
    opened.page.keyboard.press("Enter")
    assert table.locator("tbody th").all_inner_texts()[-1] == "forest"
    assert table.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"
    opened.page.keyboard.press("Enter")
    assert table.locator("tbody th").all_inner_texts()[0] == "forest"


def test_points_of_the_map_are_named_by_pointer_and_by_keys(watch: Open, page: str) -> None:
    opened = watch(page)
    canvas = opened.page.locator("#points")
    canvas.scroll_into_view_if_needed()
    canvas.focus()
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowRight")
    named = opened.page.locator("#point")
    assert re.search(r"status: (kept|dropped) · place: \w+", named.inner_text())
    opened.page.keyboard.press("Enter")
    opened.page.get_by_role("dialog").wait_for()
    opened.page.keyboard.press("Escape")
    opened.page.get_by_label("Colour by").select_option("place")
    legend = opened.page.locator("#legend button")
    assert [one.split()[0] for one in legend.all_inner_texts()] == [
        "field",
        "forest",
        "harbour",
        "market",
        "unknown",
    ]
    legend.nth(2).click()
    assert legend.nth(2).get_attribute("aria-pressed") == "true"
    box = canvas.bounding_box()
    assert box is not None
    for x in range(20, 100, 2):
        opened.page.mouse.move(box["x"] + box["width"] * x / 120, box["y"] + box["height"] / 2)
    assert "status: " in named.inner_text()
    assert opened.complaints == []


def test_copies_stand_side_by_side_with_their_evidence(watch: Open, page: str) -> None:
    opened = watch(page)
    cluster = opened.page.locator(".cluster").first
    cluster.scroll_into_view_if_needed()
    assert cluster.locator("img").count() == 2
    text = cluster.inner_text()
    assert "likeness 0.987" in text
    assert "image, mirrored" in text
    assert "2 of 9 clusters" in opened.page.locator("#copies .about").inner_text()
    cluster.get_by_role("link").nth(1).click()
    assert pair_id(3) in opened.page.url


def test_dark_follows_the_system_until_it_is_switched(watch: Open, page: str) -> None:
    opened = watch(page, color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    switch = opened.page.get_by_role("button", name="Dark")
    assert switch.get_attribute("aria-pressed") == "true"
    dark = opened.page.evaluate(background)
    switch.click()
    assert opened.page.evaluate(background) != dark
    assert switch.get_attribute("aria-pressed") == "false"


@pytest.mark.parametrize(
    "context",
    [{}, {"color_scheme": "dark"}, {"width": 390, "height": 844, "color_scheme": "dark"}],
    ids=["light", "dark", "phone"],
)
def test_axe_finds_nothing_serious(watch: Open, page: str, context: dict[str, object]) -> None:
    opened = watch(page, **context)
    opened.page.evaluate(
        "document.querySelectorAll('details').forEach((one) => { one.open = true })"
    )
    assert opened.axe() == []


def test_axe_finds_nothing_serious_in_a_pair(watch: Open, page: str) -> None:
    opened = watch(f"{page}#pair={pair_id(1)}", color_scheme="dark")
    opened.page.get_by_role("dialog").wait_for()
    assert opened.axe() == []


@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_hangs_over_the_edge_of_a_phone(watch: Open, page: str, width: int) -> None:
    opened = watch(page, width=width, height=844)
    assert opened.page.evaluate("document.documentElement.scrollWidth") == width
    opened.page.locator("#gallery a").nth(1).click()
    assert opened.page.evaluate("document.querySelector('dialog').scrollWidth") <= width


def test_it_prints_in_ink_upon_paper(watch: Open, page: str) -> None:
    opened = watch(page, color_scheme="dark")
    opened.page.emulate_media(media="print")
    colours = (
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert opened.page.evaluate(colours) == ["rgb(255, 255, 255)", "rgb(29, 28, 26)"]
    assert not opened.page.locator("#filters").is_visible()
    printed = opened.page.pdf(format="A4")
    assert 4 <= printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") <= 40


def test_without_scripts_all_but_the_pairs_is_there(watch: Open, page: str) -> None:
    opened = watch(page, java_script_enabled=False)
    assert "90 kept of 120 read" in words(opened, ".strip")
    assert "need JavaScript" in opened.page.locator("#pairs noscript").inner_text()
    assert opened.page.locator("#groups .chart path").count() > 10


def outside(opened: Watched) -> list[str]:
    """Requests that left the file."""
    return [url for url in opened.requests if not url.startswith(LOCAL)]
