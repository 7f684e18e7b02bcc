"""Every release holds its report, and the workspace a copy of it for every version."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from curate.errors import CurateError
from curate.ledger.rethreshold import rethreshold
from curate.pairs.audio import decode_audio
from curate.recipe import read_recipe
from curate.release.evidence import read_evidence, read_facts
from curate.release.verify import problems
from curate.report.content import Report, Shown
from curate.report.gathering import report_of
from curate.run import publishing
from curate.run.build import Options, opened
from curate.run.media import MediaOfCourse, MediaOfRelease
from curate.run.progress import Silence
from curate.run.releasing import released
from tests.conftest import Finished
from tests.workspace import FIELDS, STEPS, Workspace, write_lines


def report_in(release: Path) -> Report:
    return report_of(read_evidence(release), read_facts(release), [], MediaOfRelease(release))


def by_row(report: Report) -> dict[str, Shown]:
    return {str(one.row): one for one in report.shown}


def ids(workspace: Workspace) -> dict[str, str]:
    """Row -> id of the release's pairs."""
    pairs, _, _ = workspace.tables()
    return dict(pairs.select("row", "pair_id").iter_rows())


def test_a_release_holds_its_report(finished: Finished) -> None:
    page = (finished.release / "report.html").read_bytes()
    assert page.startswith(b"<!doctype html>")
    assert problems(finished.release) == []
    copy = finished.workspace.root / "reports" / "ten" / "1.0.0.html"
    assert copy.read_bytes() == page
    assert [path.name for path in copy.parent.iterdir()] == ["1.0.0.html"]


def test_a_draft_keeps_its_report_to_itself(workspace: Workspace) -> None:
    place = workspace.having(version="draft")
    place.build()
    assert (place.release / "report.html").is_file()
    assert not (place.root / "reports").exists()


def test_what_is_published_is_not_reported_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.build()

    def fail(*arguments: Any) -> None:
        raise AssertionError("a second report")

    monkeypatch.setattr(publishing, "write_report", fail)
    assert not workspace.build().published


def test_counts_are_those_of_the_facts(finished: Finished) -> None:
    report = report_in(finished.release)
    pairs = report.facts.pairs
    assert report.flow[0].before == pairs.read.value
    assert report.flow[-1].after == pairs.kept.value
    exits = {(p.step, e.reason): e.pairs for p in report.flow for e in p.exits}
    assert exits == {(loss.step, loss.reason): loss.pairs for loss in pairs.losses.value or ()}


def test_pairs_formed_of_parts_flow_too(workspace: Workspace) -> None:
    sources: list[dict[str, Any]] = [
        {"folder": {"name": "seen", "path": "../media", "image": ["**/*.png", "**/*.jpg"]}},
        {"folder": {"name": "told", "path": "../media", "caption": "**/*.txt#1"}},
    ]
    place = workspace.having(
        sources=sources,
        fields={name: FIELDS[name] for name in ("image", "caption")},
        steps=[{"pair": {"key": ["seen", "told"], "on": "stem"}}],
    )
    place.build()
    report = report_in(place.release)
    paired = next(one for one in report.flow if one.name.startswith("pair"))
    assert (paired.before, paired.added, paired.after) == (17, 7, 7)
    assert {e.verdict: e.pairs for e in paired.exits} == {"paired": 14, "drop": 3}
    assert report.flow[-1].after == report.facts.pairs.kept.value == 7


def test_another_threshold_is_told_as_another_build_would_have_it(workspace: Workspace) -> None:
    """Of a last step with one bound all is known."""

    def built(version: str, words: int) -> pl.DataFrame:
        place = workspace.having(
            version=version, steps=[{"filter": {"caption.words": {"min": words}}}]
        )
        place.build()
        return place.tables()[1]

    counts = {words: built(f"1.0.{words}", words) for words in (1, 3, 4, 5)}
    for lines in counts.values():
        for words, other in counts.items():
            left = other.filter(
                pl.col("name").str.starts_with("filter") & (pl.col("verdict") == "keep")
            )
            assert rethreshold(lines, "filter", words).stay == left.height


def test_a_report_shows_what_the_release_holds(finished: Finished) -> None:
    shown = by_row(report_in(finished.release))
    assert len(shown) == 10
    ball, duck, soup = shown["things/ball.svg"], shown["birds/duck.png"], shown["food/soup.webp"]
    picture = Image.open(BytesIO(ball.media["image"].data))
    assert (picture.format, picture.size) == ("WEBP", (128, 128))
    assert (duck.texts["caption"], duck.metadata) == ("A duck on a pond.", {"category": "birds"})
    assert duck.media["speech"].mime == "audio/mpeg"
    assert duck.kinds[0] == "kept"
    assert (soup.status, soup.media, soup.texts["caption"]) == ("dropped", {}, "Soup")
    assert soup.lines[-1].reason == "caption.words below minimum"


def test_media_of_a_release_are_those_of_its_data(finished: Finished) -> None:
    media, known = MediaOfRelease(finished.release), ids(finished.workspace)
    found = media.read("image", list(known.values()))
    kept = {row for row, pair_id in known.items() if pair_id in found}
    assert len(kept) == 7
    assert found[known["things/ball.svg"]].startswith(b"\x89PNG")
    duck = finished.workspace.media / "birds" / "duck.png"
    assert found[known["birds/duck.png"]] == duck.read_bytes()
    assert set(media.read("speech_fr", list(known.values()))) == {
        known[row] for row in ("birds/owl.webp", "food/apple.png")
    }
    assert media.read("caption", list(known.values())) == {}
    assert media.read("image", ["nobody"]) == {}
    with pytest.raises(CurateError, match="is no release"):
        MediaOfRelease(finished.workspace.root).read("image", ["a"])


@pytest.fixture
def of_course(workspace: Workspace) -> Iterator[MediaOfCourse]:
    recipe = read_recipe(workspace.path)
    with opened(recipe, Options(), Silence()) as (course, asking):
        course.run(asking)
        yield MediaOfCourse(course, asking, released(course, asking, None).media)


def test_media_of_a_course_are_those_of_every_pair(
    workspace: Workspace, of_course: MediaOfCourse
) -> None:
    rows = dict(of_course.course.table.select("row", "pair_id").iter_rows())
    found = of_course.read("image", list(rows.values()))
    assert len(found) == 10
    assert found[rows["things/ball.svg"]].startswith(b"\x89PNG")
    for name in ("food/soup.webp", "birds/tiny.png", "birds/duck.png"):
        assert found[rows[name]] == (workspace.media / name).read_bytes()
    (workspace.media / "food" / "soup.webp").unlink()
    (workspace.media / "birds" / "tiny.png").write_bytes(b"another")
    gone = {rows["food/soup.webp"], rows["birds/tiny.png"]}
    assert set(found) - set(of_course.read("image", list(rows.values()))) == gone


def test_a_span_of_a_dropped_recording_is_cut(workspace: Workspace) -> None:
    """Of a kept pair the release holds the cut, of a dropped one it is made to be looked at."""
    cue = "00:00:00,{} --> 00:00:00,{}"
    cues = [
        f"1\n{cue.format('000', '100')}\nOne.\n",
        f"2\n{cue.format('100', '250')}\nTwo words.\n",
    ]
    (workspace.media / "birds" / "duck.srt").write_text("\n".join(cues))
    place = workspace.having(
        fields={"speech": {"type": "audio"}, "caption": {"type": "text"}},
        sources=[
            {"subtitles": {"path": "../media/birds", "speech": "*.wav", "caption": "{stem}.srt"}}
        ],
        steps=[{"filter": {"caption.words": {"min": 2}}}],
    )
    recipe = read_recipe(place.path)
    with opened(recipe, Options(), Silence()) as (course, asking):
        course.run(asking)
        media = MediaOfCourse(course, asking, released(course, asking, None).media)
        pairs = dict(course.table.select("caption", "pair_id").iter_rows())
        found = media.read("speech", list(pairs.values()))
    seconds = {c: decode_audio(found[i]) for c, i in pairs.items()}
    assert {c: len(w.samples) / w.rate for c, w in seconds.items()} == pytest.approx(
        {"One.": 0.1, "Two words.": 0.15}
    )


def test_a_release_that_refers_to_its_media_shows_none(workspace: Workspace) -> None:
    place = workspace.having(release={"media": "reference"})
    place.build()
    report = report_in(place.release)
    assert all(not one.media for one in report.shown)
    assert report.notes == (
        "the release refers to its media and holds none, and neither does this report",
    )
    assert MediaOfRelease(place.release).read("image", list(ids(place).values())) == {}
    assert "data:image/webp" not in (place.release / "report.html").read_text()


def test_the_map_is_of_the_embeddings_that_were_used(workspace: Workspace) -> None:
    """Of pairs that left before the step nothing is computed for its sake."""
    place = workspace.having(steps=[*STEPS[:3], {"align": {"score": ["image", "caption"]}}])
    built = place.build()
    assert built.usage.measures["image.features"].computed == 7
    page = (place.release / "report.html").read_text()
    assert "two axes show" in page


def test_hostile_captions_end_up_as_text(workspace: Workspace) -> None:
    rows = [{"caption": '<script>alert("x")</script> ' + "word " * n} for n in range(1, 9)]
    write_lines(workspace.root / "table" / "rows.jsonl", rows)
    place = workspace.having(
        fields={"caption": {"type": "text"}},
        sources=[{"jsonl": {"path": "../table/rows.jsonl", "caption": "caption"}}],
        steps=STEPS[:0],
    )
    place.build()
    assert "<script>alert(" not in (place.release / "report.html").read_text()
