"""Word errors, their normal form, and what the ends of a text say of a cut recording."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.measures.word_errors import Errors, normal

WORDS = st.lists(
    st.sampled_from(["duck", "goose", "swan", "owl", "lark", "hen", "crow"]), min_size=1
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A duck.", "a duck"),
        ("Don\u2019t stop, 'now'!", "don't stop now"),
        ("blue-green \u2014 10\u00b0", "blue green 10"),
        ("\uff26\uff35\uff2c\uff2c", "full"),
        ("Un \u00e9tang", "un \u00e9tang"),
        ("\u0939\u093f\u0928\u094d\u0926\u0940", "\u0939\u093f\u0928\u094d\u0926\u0940"),
        (" ... ' ", ""),
    ],
)
def test_normal_form(text: str, said: str) -> None:
    assert normal(text) == said


@given(st.text())
def test_the_normal_form_is_its_own(text: str) -> None:
    once = normal(text)
    assert normal(once) == once


@pytest.mark.parametrize(
    ("written", "heard", "language"),
    [
        ("2 owls", "two owls", "en"),
        ("Twenty-one candles", "21 candles", "en"),
        ("3 canards", "trois canards", "fr"),
        ("\u0663 owls", "3 owls", None),
    ],
)
def test_a_number_is_heard_right_however_it_is_written(
    written: str, heard: str, language: str | None
) -> None:
    expected = 0.0 if language else 0.5
    assert Errors.between(written, heard, language).wer == expected


@pytest.mark.parametrize("written", ["007", "10th", "1" * 20, "b52"])
def test_what_is_no_whole_number_stays_as_written(written: str) -> None:
    assert normal(written, "en") == written


def test_digits_stay_where_nobody_can_spell_them() -> None:
    assert normal("10 ducks") == "10 ducks"
    assert normal("10 anseriformes", "la") == "10 anseriformes"


@given(st.text(st.sampled_from("0123456789 ,.-'ab")))
def test_the_normal_form_with_numbers_is_its_own(text: str) -> None:
    once = normal(text, "en")
    assert normal(once, "en") == once


@given(st.integers(0, 10**15 - 1))
def test_another_number_is_another_text(number: int) -> None:
    assert normal(str(number), "en") != normal(str(number + 1), "en")


def test_rates() -> None:
    errors = Errors.between("A red duck.", "the red duck sleeps")
    assert errors.wer == pytest.approx(2 / 3)
    assert Errors.between("mountaingoat", "mountain goat").cer == 0
    assert Errors.between("duck", "").wer == Errors.between("duck", "").cer == 1


def test_languages_without_spaces_are_compared_by_characters() -> None:
    errors = Errors.between("赤い、アヒル。", "赤い アヒロ", "ja")
    assert errors.wer == errors.cer == pytest.approx(1 / 5)


@given(WORDS)
def test_a_text_heard_word_for_word_has_no_errors_and_no_cut(words: list[str]) -> None:
    errors = Errors.between(" ".join(words), ", ".join(words).upper())
    assert (errors.wer, errors.cer) == (0, 0)
    assert not errors.head_lost
    assert not errors.tail_lost


@given(WORDS, WORDS)
def test_rates_are_no_less_than_none(text: list[str], heard: list[str]) -> None:
    errors = Errors.between(" ".join(text), " ".join(heard))
    assert 0 <= errors.wer <= max(len(text), len(heard)) / len(text)
    assert errors.cer >= 0


@pytest.mark.parametrize(
    ("heard", "head", "tail"),
    [
        ("the lake sleeps a grey goose", True, False),
        ("ack the lake sleeps a grey goose", True, False),
        ("a red duck on the lake", False, True),
        ("duck on the lake sleeps a", False, True),
        ("red duck on the lake sleeps a grey goose", False, False),
        ("goose", False, False),
        ("the price of steel has fallen", False, False),
        ("", False, False),
    ],
)
def test_what_is_cut(heard: str, head: bool, tail: bool) -> None:
    errors = Errors.between("A red duck on the lake sleeps; a grey goose", heard)
    assert (errors.head_lost, errors.tail_lost) == (head, tail)
