"""What another threshold would change, held against what a step would have said."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.ledger.rethreshold import Judgement, judgement, judgements, rethreshold
from curate.ledger.verdict import LEDGER

SCORES = st.lists(
    st.tuples(st.integers(-9, 9), st.sampled_from("abc"), st.booleans()), min_size=2, max_size=40
)
"""A score, a group, and whether the pair leaves at a later step."""


def ledger(*lines: dict[str, Any]) -> pl.DataFrame:
    told = [
        {"step": "01", "name": "align image caption", "verdict": "keep", **one} for one in lines
    ]
    return pl.DataFrame(told, schema=LEDGER)


def by_score(
    rows: list[tuple[int, str, bool]], thresholds: dict[str, int], keeps: str = "above"
) -> pl.DataFrame:
    """A step that keeps what lies on its group's threshold or on the right side of it."""
    lines = []
    for number, (score, group, later) in enumerate(rows):
        sign = 1 if keeps == "above" else -1
        stays = sign * score >= sign * thresholds[group]
        line = {"pair_id": f"{number}", "score": score, "threshold": thresholds[group]}
        lines.append(line if stays else line | {"verdict": "drop", "reason": "score"})
        if stays and later:
            gone = {"step": "02", "name": "select", "verdict": "drop", "reason": "not drawn"}
            lines.append({"pair_id": f"{number}", **gone})
    return ledger(*lines)


def found(lines: pl.DataFrame) -> Judgement | None:
    return next(iter(judgements(lines)), None)


@given(rows=SCORES, threshold=st.integers(-9, 9), keeps=st.sampled_from(("above", "below")))
def test_at_the_same_threshold_nothing_changes(
    rows: list[tuple[int, str, bool]], threshold: int, keeps: str
) -> None:
    one = found(by_score(rows, dict.fromkeys("abc", threshold), keeps))
    if one is not None:
        same = one.at(threshold)
        assert (same.gone, same.back) == (0, 0)
        assert same.stay == one.lines["stayed"].sum()
        assert same.released == one.lines["released"].sum()


@given(rows=SCORES, first=st.integers(-9, 9), other=st.integers(-10, 10))
def test_a_step_with_the_other_threshold_would_have_said_so(
    rows: list[tuple[int, str, bool]], first: int, other: int
) -> None:
    one = found(by_score(rows, dict.fromkeys("abc", first)))
    if one is None or not one.reaches(other):
        return
    told = one.at(other)
    passes = [(score >= other, score >= first, later) for score, _, later in rows]
    assert told.stay == sum(now for now, _, _ in passes)
    assert told.back == sum(now and not before for now, before, _ in passes)
    released = [now for now, before, later in passes if before and not later]
    assert (told.released, told.gone) == (sum(released), len(released) - sum(released))


@given(rows=SCORES, thresholds=st.tuples(*[st.integers(-9, 9)] * 3))
def test_a_stricter_threshold_keeps_no_more(
    rows: list[tuple[int, str, bool]], thresholds: tuple[int, int, int]
) -> None:
    one = found(by_score(rows, dict(zip("abc", thresholds, strict=True))))
    if one is None:
        return
    told = [one.at(float(at)) for at in range(-10, 11) if one.reaches(float(at))]
    for mild, strict in pairwise(told):
        assert mild.stay >= strict.stay
        assert mild.released >= strict.released
        assert mild.gone <= strict.gone
        assert mild.back >= strict.back
    for one_told in told:
        assert one_told.released + one_told.gone == one.lines["released"].sum()


def test_every_group_has_its_threshold_and_another_is_for_all() -> None:
    rows = [(1, "a", False), (3, "a", False), (2, "b", False), (6, "b", False)]
    one = judgement(by_score(rows, {"a": 2, "b": 5}), "align")
    assert one.thresholds == [2.0, 5.0]
    told = one.at(2)
    assert (told.stay, told.gone, told.back) == (3, 0, 1)


def test_of_what_only_the_dropped_have_scores_for_a_stricter_threshold_is_no_question() -> None:
    copies = {"name": "dedup near image", "threshold": 0.9}
    gone = {**copies, "verdict": "drop", "reason": "near duplicate"}
    lines = ledger(
        {"pair_id": "a", "name": "dedup near image"},
        {"pair_id": "b", **gone, "score": 0.95},
        {"pair_id": "c", **gone, "score": 0.9},
        {"pair_id": "d", **gone, "score": 0.99},
    )
    one = judgement(lines, "dedup")
    assert (one.keeps, one.one_sided) == ("below", True)
    assert one.at(0.9).back == 0
    assert (one.at(0.95).back, one.at(0.95).stay, one.at(0.95).released) == (2, 3, 1)
    with pytest.raises(CurateError) as raised:
        one.at(0.8)
    assert raised.value.hint == "a threshold above 0.9 can be looked at"


def test_a_filter_with_several_bounds_is_asked_about_one() -> None:
    small = {"verdict": "drop", "reason": "image.min_side below minimum", "threshold": 64}
    short = {"verdict": "drop", "reason": "caption.words below minimum", "threshold": 2}
    name = {"name": "filter image.min_side caption.words"}
    lines = ledger(
        {"pair_id": "a", **name},
        {"pair_id": "b", **name, **small, "score": 32},
        {"pair_id": "c", **name, **small, "score": 60},
        {"pair_id": "d", **name, **short, "score": 1},
    )
    with pytest.raises(CurateError) as raised:
        rethreshold(lines, "filter", 48)
    assert raised.value.hint == (
        "name one by its reason: image.min_side below minimum, caption.words below minimum"
    )
    told = rethreshold(lines, "filter", 48, "image.min_side below minimum")
    assert (told.stay, told.released, told.back) == (2, 1, 1)
    assert [one.reason for one in judgements(lines)] == [small["reason"], short["reason"]]
    with pytest.raises(CurateError, match="takes no pair out for 'colour'"):
        rethreshold(lines, "filter", 48, "colour")


def test_two_bounds_on_one_property_are_two_judgements() -> None:
    """Pairs within bear the upper bound alone."""
    name = {"name": "filter speech.duration"}
    lines = ledger(
        *({"pair_id": f"k{n}", **name, "score": n, "threshold": 30} for n in (1, 10, 29)),
        {
            "pair_id": "s",
            **name,
            "score": 0.2,
            "threshold": 0.3,
            "verdict": "drop",
            "reason": "low",
        },
        {"pair_id": "l", **name, "score": 40, "threshold": 30, "verdict": "drop", "reason": "high"},
    )
    low, high = (judgement(lines, "filter", reason) for reason in ("low", "high"))
    assert (low.keeps, low.thresholds, high.keeps, high.thresholds) == (
        "above",
        [0.3],
        "below",
        [30],
    )
    assert low.at(5).gone == 1
    assert high.at(20).gone == 1
    assert low.at(0.1).back == high.at(50).back == 1


def test_what_people_or_reviews_keep_is_not_kept_by_its_score() -> None:
    lines = ledger(
        {"pair_id": "a", "score": 9, "threshold": 5},
        {"pair_id": "b", "score": 4, "threshold": 5, "verdict": "review", "reason": "near"},
        {"pair_id": "c", "score": 3, "threshold": 5, "reason": "kept by Ada, against: score"},
        {"pair_id": "d", "score": 2, "threshold": 5, "verdict": "drop", "reason": "score"},
    )
    one = judgement(lines, "align")
    assert one.keeps == "above"
    assert one.at(5).stay == one.at(4.5).stay == 3
    assert one.at(6).stay == 1


@pytest.mark.parametrize("verdict", ["flag", "redact", "change"])
def test_a_step_that_takes_nothing_out_has_no_threshold(verdict: str) -> None:
    told = {"name": "privacy faces image", "threshold": 0.5}
    lines = ledger(
        {"pair_id": "a", **told, "score": 0.9, "verdict": verdict},
        {"pair_id": "b", **told, "score": 0.6, "verdict": verdict},
    )
    assert list(judgements(lines)) == []
    with pytest.raises(CurateError, match="takes no pair out by its score"):
        rethreshold(lines, "privacy", 0.7)


def test_steps_are_called_by_number_name_or_first_word() -> None:
    rows = [(1, "a", False), (3, "a", False)]
    lines = by_score(rows, {"a": 2})
    for step in ("01", "align", "align image caption"):
        assert rethreshold(lines, step, 2).stay == 1
    with pytest.raises(CurateError) as raised:
        rethreshold(lines, "dedup", 2)
    assert raised.value.message == "no step with scores is called 'dedup'"
    assert raised.value.hint == "name one of: 01 align image caption"
