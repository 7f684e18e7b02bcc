"""Figures in words: little is not nothing, and nearly all is not all."""

from __future__ import annotations

import pytest

from curate.report import wording
from curate.report.quality import evaluated


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "\N{EN DASH}"),
        (0.0, "0%"),
        (0.00004, "< 0.01%"),
        (0.0004, "0.04%"),
        (0.5, "50.0%"),
        (0.99961, "99.96%"),
        (0.999995, "> 99.99%"),
        (1.0, "100%"),
    ],
)
def test_shares(value: float | None, told: str) -> None:
    assert wording.share(value) == told


@pytest.mark.parametrize(
    ("value", "told"), [(1050.0, "1,050"), (0.96324, "0.963"), (float("nan"), "\N{EN DASH}")]
)
def test_figures(value: float, told: str) -> None:
    assert wording.figure(value) == told


def test_figures_of_evaluations_are_told_with_how_sure_they_are() -> None:
    recall = {"value": 0.67, "low": 0.63, "high": 0.7, "n": 806}
    caught = {"value": 0.74, "sd": 0.1, "n": 10}
    document = {
        "evaluations": [
            {
                "evaluation": "planted_errors",
                "headline": "as told",
                "times": 10,
                "directions": [{"from": "image", "to": "caption", "recall@10": recall}],
                "caught": caught,
            }
        ]
    }
    (one,) = evaluated(document)
    assert (one.name, one.headline) == ("planted errors", "as told")
    assert [found.name for found in one.figures] == ["image to caption recall@10", "caught"]
    assert [found.told for found in one.figures] == ["0.67 (0.63 to 0.7)", "0.74 ± 0.1"]
    assert [found.is_share for found in one.figures] == [True, False]
    assert evaluated(None) == ()
