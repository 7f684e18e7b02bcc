"""Subtitles: both formats, their liberties, damage, and cues of two languages side by side."""

from __future__ import annotations

import html
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curate.errors import Unreadable
from curate.pairs.cues import Cue, Timeline, parse

WORD = st.text("abcÄé♪0123456789.,!?'&", min_size=1, max_size=8)
TEXT = st.lists(WORD, max_size=6).map(" ".join)
MOMENT = st.integers(0, 400_000_000).map(lambda milliseconds: milliseconds / 1000)
CUES = st.lists(st.builds(Cue, MOMENT, MOMENT, TEXT), min_size=1, max_size=8)


def clock(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{point}{rest % 1000:03}"


def write_subrip(cues: list[Cue], newline: str = "\n", numbered: bool = True) -> str:
    blocks = []
    for number, cue in enumerate(cues, 1):
        lines = [str(number)] if numbered else []
        lines += [f"{clock(cue.start, ',')} --> {clock(cue.end, ',')}", *cue.text.split(" "), ""]
        blocks += lines
    return newline.join([*blocks, ""])


def write_webvtt(cues: list[Cue], newline: str = "\n") -> str:
    lines = ["WEBVTT", ""]
    for cue in cues:
        lines.append(f"{clock(cue.start, '.')} --> {clock(cue.end, '.')} align:start")
        lines += [*map(html.escape, filter(None, cue.text.split(" "))), ""]
    return newline.join(lines)


@given(CUES, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["", "\ufeff"]), st.booleans())
def test_subrip_says_what_was_written(
    cues: list[Cue], newline: str, mark: str, numbered: bool
) -> None:
    assert parse(mark + write_subrip(cues, newline, numbered)) == cues


@given(CUES, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["", "\ufeff"]))
def test_webvtt_says_what_was_written(cues: list[Cue], newline: str, mark: str) -> None:
    assert parse(mark + write_webvtt(cues, newline)) == cues


ODD = st.sampled_from(
    ["WEBVTT", "\n", "\n\n", "\r", " --> ", "00:00:01,000", "1:2.3", "7", "<i>", "{\\an8}", "NOTE"]
) | st.sampled_from(
    ["\u2028", "\0", "\u0661", "-->", "99:99:99", "<v Ann>", "&lt;", "STYLE", "\ufeff"]
)


@given(st.lists(ODD | st.text(max_size=5), max_size=30).map("".join))
@example("1\n\u0661\u0662:00 --> 00:01\nx")
@example("-->")
@example("1-->")
def test_any_text_is_cues_or_a_line(text: str) -> None:
    try:
        cues = parse(text)
    except Unreadable as error:
        assert error.message.startswith("line ")
        return
    for cue in cues:
        assert 0 <= cue.start < math.inf
        assert 0 <= cue.end < math.inf
        assert cue.text == cue.text.strip()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<i>Hello</i>", "Hello"),
        ('<font color="red">Hello</font>', "Hello"),
        ("{\\an8}Hello", "Hello"),
        ("Hello\nthere", "Hello there"),
        ("-  Hello\n- \tYes", "- Hello - Yes"),
        ("a < b and c > d", "a < b and c > d"),
        ("<- left, right ->", "<- left, right ->"),
        ("♪", "♪"),
        ("[MUSIC]", "[MUSIC]"),
        ("", ""),
        ("<i></i>", ""),
        ("AT&amp;T", "AT&amp;T"),
        ("an arrow --> here", "an arrow --> here"),
        ("one\n\nmore", "one more"),
        ("in\n1984", "in 1984"),
    ],
)
def test_texts_of_subrip(written: str, read: str) -> None:
    again = f"{clock(3, ',')} --> {clock(4, ',')}\nagain"
    whole = f"1\n{clock(1, ',')} --> {clock(2.5, ',')}\n{written}\n\n2\n{again}\n"
    assert parse(whole) == [Cue(1, 2.5, read), Cue(3, 4, "again")]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<v Ann>Hello <c.loud>there</c></v>", "Hello there"),
        ("<00:00:01.500>Hello<lang fr>toi</lang>", "Hellotoi"),
        ("AT&amp;T &lt;3&nbsp;x", "AT&T <3\xa0x"),
        ("{\\an8}Hello", "Hello"),
    ],
)
def test_texts_of_webvtt(written: str, read: str) -> None:
    assert parse(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{written}\n\nlost\n") == [Cue(1, 2, read)]


def test_blocks_of_webvtt_that_are_no_cues() -> None:
    assert parse(
        "WEBVTT - a talk\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:fred\n\n"
        "NOTE\nof two\nlines\n\nintroduction\n00:01.000 --> 00:02.000 line:0 position:20%\nHello\n"
        "00:03.000 --> 00:04.000\nthere"
    ) == [Cue(1, 2, "Hello"), Cue(3, 4, "there")]


@pytest.mark.parametrize(
    ("times", "start", "end"),
    [
        ("00:00:01,000 --> 00:00:02,500", 1.0, 2.5),
        ("0:0:1.5 --> 0:0:2", 1.5, 2.0),
        ("00:01,000-->00:02,000", 1.0, 2.0),
        ("100:00:00,000 --> 100:00:01,000  X1:12 Y1:3", 360000.0, 360001.0),
        ("00:00:05,000 --> 00:00:02,000", 5.0, 2.0),
        ("00:00:00,1234567 --> 00:00:01,000", 0.123457, 1.0),
    ],
)
def test_times(times: str, start: float, end: float) -> None:
    assert parse(f"1\n{times}\nHello") == [Cue(start, end, "Hello")]


def test_numbers_and_empty_lines_may_lack() -> None:
    one, two = "00:01 --> 00:02\nHello", "00:03 --> 00:04\nthere"
    expected = [Cue(1, 2, "Hello"), Cue(3, 4, "there")]
    for text in (f"{one}\n{two}", f"1\n{one}\n2\n{two}", f"\n\n7\n{one}\n\n\n7\n{two}\n\n"):
        assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<!DOCTYPE html>", "line 1: neither WebVTT nor SubRip: no line has times"),
        ("1\n00:00:xx,000 --> 00:00:02,000\nx", "line 2: no times of a cue: '00:00:xx,000 -->"),
        ("1\n-00:00:01,000 --> 00:00:02,000\nx", "line 2: no times of a cue"),
        ("1\n00:00:61,000 --> 00:02:00,000\nx", "line 2: no times of a cue"),
        ("1\n00:01 --> 00:02\nx\n\n2\n00:03 -->\ny", "line 6: no times of a cue: '00:03 -->'"),
        ("WEBVTT\n\n1\n1.0 --> 2.0\nx", "line 4: no times of a cue: '1.0 --> 2.0'"),
    ],
)
def test_damage_says_the_line(text: str, words: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(text)
    assert caught.value.message.startswith(words)


@pytest.mark.parametrize("text", ["", "\ufeff", " \r\n\n", "WEBVTT", "WEBVTT\n\nNOTE nothing\n"])
def test_nothing_said(text: str) -> None:
    assert parse(text) == []


@pytest.mark.parametrize("text", ["<" * 300_000, "{\\" * 200_000, "1\n" * 200_000])
def test_hostile_texts_take_no_time(text: str) -> None:
    assert len(parse(f"00:01 --> 00:02\n{text}")) == 1


@given(
    st.lists(st.builds(Cue, MOMENT, MOMENT, TEXT), max_size=12),
    st.builds(Cue, MOMENT, MOMENT, TEXT),
)
def test_the_longest_overlap(cues: list[Cue], cue: Cue) -> None:
    def overlap(other: Cue) -> float:
        return min(cue.end, other.end) - max(cue.start, other.start)

    found = Timeline(cues).beside(cue)
    longest = max(map(overlap, cues), default=0)
    if longest <= 0:
        assert found is None
    else:
        assert found is not None
        assert overlap(cues[found]) == longest
