"""Texts that name a side, in several languages."""

from __future__ import annotations

import pytest

from curate.pairs.mirrored import SIDES, knows_sides, names_side

NAMED = [
    ("A dog looks to the LEFT.", "en"),
    ("Right-handed batter", "en-GB"),
    ("anticlockwise arrows button", "en"),
    ("Der Mann steht rechts.", "de"),
    ("flèche vers la gauche", "fr"),
    ("la mano izquierda", "es"),
    ("стрелка влево", "ru"),
    ("指向左边的手", "zh-Hans"),
    ("右向き矢印", "ja"),
]
FREE = [
    ("A brightly lit street, leftovers on a plate", "en"),
    ("Le chat est sur une table.", "fr"),
    ("este gato negro", "es"),
    ("Ein Haus am Meer, rechteckig", "de"),
    ("лев и львица", "ru"),
    ("一只猫", "zh"),
]


@pytest.mark.parametrize(("text", "language"), NAMED)
def test_a_side_is_named(text: str, language: str) -> None:
    assert names_side(text, language)


@pytest.mark.parametrize(("text", "language"), FREE)
def test_no_side_is_named(text: str, language: str) -> None:
    assert not names_side(text, language)


def test_which_languages_are_known() -> None:
    assert all(knows_sides(tag) for tag in SIDES)
    assert knows_sides("pt-BR")
    assert not knows_sides("tlh")
    assert not knows_sides(None)
