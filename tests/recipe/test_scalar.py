"""What unquoted words stand for."""

from __future__ import annotations

import pytest

from curate.recipe.scalar import Scalar, resolve


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("", None),
        ("~", None),
        ("Null", None),
        ("true", True),
        ("FALSE", False),
        ("12", 12),
        ("-012", -12),
        ("0o17", 15),
        ("0xfF", 255),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1.5e-3", -0.0015),
    ],
)
def test_core_schema(word: str, value: Scalar) -> None:
    assert resolve(word) == value
    assert type(resolve(word)) is type(value)


@pytest.mark.parametrize(
    "word", ["no", "yes", "on", "tRUE", "1.0.0", "1_000", "2024-05-01", "12:30", ".nan", "-.inf"]
)
def test_everything_else_is_text(word: str) -> None:
    assert resolve(word) == word


@pytest.mark.parametrize("word", ["1e999", "9" * 5000, "-" + "9" * 5000])
def test_numbers_that_cannot_be_held_are_text(word: str) -> None:
    assert resolve(word) == word
