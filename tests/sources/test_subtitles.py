"""Recordings with subtitles beside them: rows, spans, a second language, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from curate.errors import DataError
from tests.sources.conftest import make_fields, ogg, png, problems

Rows = Callable[..., pl.DataFrame]
TALK = make_fields(
    film={"type": "video"},
    caption={"type": "text", "language": "en"},
    caption_fr={"type": "text", "language": "fr", "optional": True},
    speech={"type": "audio", "optional": True},
    poster={"type": "image", "optional": True},
    speaker={"type": "metadata"},
)
BOUND = {"path": "talks", "film": "**/*.mp4", "caption": "{stem}.en.srt"}
ENGLISH = """1
00:00:01,000 --> 00:00:02,500
<i>Good</i> morning.

2
00:00:03,000 --> 00:00:05,000
How are
you?

3
00:00:06,000 --> 00:00:07,000

4
00:00:09,000 --> 00:00:08,000
Backwards
"""
FRENCH = """WEBVTT

00:02.900 --> 00:04.900
<v Ann>Comment &ccedil;a va ?

00:01.000 --> 00:02.900
Bonjour.
"""


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    for name in ("ann/one", "bob/two"):
        folder = tmp_path / "talks" / name.partition("/")[0]
        folder.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"talks/{name}.mp4").write_bytes(b"film")
    (tmp_path / "talks/ann/one.en.srt").write_text(ENGLISH)
    (tmp_path / "talks/ann/one.fr.vtt").write_text(FRENCH)
    (tmp_path / "talks/ann/one.wav").write_bytes(ogg())
    (tmp_path / "talks/ann/one.png").write_bytes(png())
    (tmp_path / "talks/bob/two.en.srt").write_text("\ufeff00:00 --> 00:01\r\nHello")
    return tmp_path / "talks"


def test_cues_are_rows(talks: Path, rows: Rows) -> None:
    frame = rows("subtitles", TALK, **BOUND, speaker="{parent0}")
    said = frame.select("row", "caption", "caption_uri", "film_start", "film_end", "speaker").rows()
    assert said == [
        ("ann/one.mp4#1", "Good morning.", "ann/one.en.srt#1", 1.0, 2.5, "ann"),
        ("ann/one.mp4#2", "How are you?", "ann/one.en.srt#2", 3.0, 5.0, "ann"),
        ("ann/one.mp4#3", None, "ann/one.en.srt#3", 6.0, 7.0, "ann"),
        ("ann/one.mp4#4", None, "ann/one.en.srt#4", 9.0, 8.0, "ann"),
        ("bob/two.mp4#1", "Hello", "bob/two.en.srt#1", 0.0, 1.0, "bob"),
    ]
    assert set(frame["film_uri"]) == {"ann/one.mp4", "bob/two.mp4"}
    assert problems(frame) == {
        "ann/one.mp4#3": ("missing", "caption", "no text at ann/one.en.srt#3"),
        "ann/one.mp4#4": (
            "unreadable",
            "caption",
            "the cue ends at 8 s and begins at 9 s",
        ),
    }


def test_another_language_and_other_media(talks: Path, rows: Rows) -> None:
    frame = rows(
        "subtitles", TALK, **BOUND,
        caption_fr="{stem}.fr.vtt", speech="{stem}.wav", poster="{stem}.png",
    )  # fmt: skip
    columns = ("caption_fr", "caption_fr_uri", "speech_uri", "speech_start", "poster_uri")
    assert frame.select(columns).rows() == [
        ("Bonjour.", "ann/one.fr.vtt#2", "ann/one.wav", 1.0, "ann/one.png"),
        ("Comment ça va ?", "ann/one.fr.vtt#1", "ann/one.wav", 3.0, "ann/one.png"),
        (None, None, "ann/one.wav", 6.0, "ann/one.png"),
        (None, None, "ann/one.wav", 9.0, "ann/one.png"),
        (None, None, None, None, None),
    ]


@pytest.mark.parametrize(
    ("subtitles", "kind", "words"),
    [
        (None, "missing", "no text at bob/two.en.srt"),
        (b"", "missing", "no text at bob/two.en.srt"),
        (b"1\n00:00:xx --> 1\nx", "unreadable", "line 2: no times of a cue: '00:00:xx --> 1'"),
        (b"<html>", "unreadable", "line 1: neither WebVTT nor SubRip: no line has times"),
        (b"00:00 --> 00:01\ncaf\xe9", "unreadable", "not UTF-8: byte 0xe9 at offset 19"),
    ],
)
def test_a_recording_without_cues_is_one_row(
    talks: Path, rows: Rows, subtitles: bytes | None, kind: str, words: str
) -> None:
    (talks / "bob/two.en.srt").unlink()
    if subtitles is not None:
        (talks / "bob/two.en.srt").write_bytes(subtitles)
    frame = rows("subtitles", TALK, **BOUND)
    assert problems(frame)["bob/two.mp4"] == (kind, "caption", words)
    assert frame["row"].to_list()[-1] == "bob/two.mp4"


def test_damage_in_the_other_language_is_a_problem_of_its_rows(talks: Path, rows: Rows) -> None:
    (talks / "ann/one.fr.vtt").write_text("WEBVTT\n\n0 --> 1\nx")
    frame = rows("subtitles", TALK, **BOUND, caption_fr="{stem}.fr.vtt")
    assert frame["problem_field"].to_list()[:2] == ["caption_fr", "caption_fr"]


def test_subtitles_may_not_lead_out(talks: Path, rows: Rows) -> None:
    (talks.parent / "secret.srt").write_text(ENGLISH)
    (talks / "bob/two.en.srt").unlink()
    (talks / "bob/two.en.srt").symlink_to("../../secret.srt")
    (talks / "out").symlink_to(talks.parent)
    frame = rows("subtitles", TALK, **BOUND)
    assert problems(frame)["bob/two.mp4"][0] == "refused"
    assert problems(frame)["out"][:2] == ("refused", "film")


def test_a_template_that_nothing_fills(talks: Path, rows: Rows) -> None:
    with pytest.raises(DataError, match=r"'\{stem\}.srt' matches nothing for any of 2 rows"):
        rows("subtitles", TALK, **BOUND | {"caption": "{stem}.srt"})
