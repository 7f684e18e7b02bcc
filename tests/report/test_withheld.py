"""Which pairs are shown by their id alone."""

from __future__ import annotations

from typing import Any

import pytest

from curate.report.gathering import report_of
from curate.report.withheld import withheld
from tests.report.ledgers import evidence, lines

NSFW: dict[str, Any] = {"safety": {"act": "drop", "nsfw": "image", "above": 0.8}}
CONSENT: dict[str, Any] = {"consent": {"act": "drop"}}
LICENCE: dict[str, Any] = {"licence": {"act": "drop", "unknown": "flag"}}


def why(*told: Any, **more: Any) -> dict[str, str]:
    return dict(withheld(evidence(*told, **more)).iter_rows())


def test_all_is_shown_where_nothing_guards() -> None:
    assert (
        why([("read", lines("ab")), ("dedup near image", lines("a") + lines("b", verdict="drop"))])
        == {}
    )


def test_what_a_guard_refused_is_not_shown() -> None:
    steps = [
        ("consent", [*lines("abc"), *lines("d", verdict="drop", reason="opted out")]),
        ("safety nsfw", [*lines("a"), *lines("b", verdict="flag"), *lines("c", verdict="drop")]),
    ]
    assert why(steps, [CONSENT, NSFW]) == {
        "b": "safety nsfw flagged it",
        "c": "safety nsfw dropped it",
        "d": "consent dropped it",
    }


def test_what_left_before_a_guard_looked_is_not_shown() -> None:
    steps = [
        ("dedup near image", [*lines("a"), *lines("b", verdict="drop", reason="near duplicate")]),
        ("safety nsfw", lines("a")),
        ("select", lines("a", verdict="drop", reason="not drawn")),
    ]
    assert why(steps, [NSFW]) == {"b": "left before safety nsfw looked"}


def test_a_guard_that_saw_nothing_has_shown_nothing() -> None:
    """It ran over no pair: all had left."""
    steps = [("dedup exact pair", lines("ab", verdict="drop")), ("safety nsfw", [])]
    assert why(steps, [NSFW]) == dict.fromkeys("ab", "left before safety nsfw looked")


@pytest.mark.parametrize("verdict", ["not_assessed", "unreadable"])
def test_a_guard_that_could_not_look_has_not_looked(verdict: str) -> None:
    steps = [("safety nsfw", [*lines("a"), *lines("b", verdict=verdict)])]
    assert why(steps, [NSFW]) == {"b": "safety nsfw could not look at it"}


def test_every_one_of_two_guards_of_one_name_has_to_look() -> None:
    steps = [
        ("consent", lines("ab")),
        ("dedup exact pair", [*lines("a"), *lines("b", verdict="drop")]),
        ("consent", lines("a")),
    ]
    assert why(steps, [CONSENT, CONSENT]) == {"b": "left before consent looked"}


def test_what_machines_made_later_has_to_be_looked_at_too() -> None:
    made = {"origin": "synthetic"}
    steps = [
        ("licence", lines("a")),
        ("safety nsfw", lines("a")),
        ("synthesize", [*lines("a"), *lines("bc", verdict="add")]),
        ("licence", lines("bc")),
    ]
    assert why(steps, [LICENCE, NSFW], b=made, c=made) == dict.fromkeys(
        "bc", "made by a machine, and safety nsfw has not looked at it"
    )
    assert why([one for one in steps if "safety" not in one[0]], [LICENCE], b=made, c=made) == {}


def test_what_takes_out_and_does_not_refuse_need_not_look() -> None:
    """Texts that privacy redacts are told by no table, what it strips from files by no thumbnail."""
    recipe = [
        {"privacy": {"text": ["caption"], "act": "redact"}},
        {"privacy": {"strip": ["image"]}},
        {"licence": {"act": "drop", "unknown": "keep"}},
    ]
    steps = [
        ("dedup exact pair", [*lines("ab"), *lines("c", verdict="drop")]),
        ("privacy caption", [*lines("a"), *lines("b", verdict="redact")]),
        ("privacy strip image", lines("ab")),
        ("licence", lines("ab")),
    ]
    assert why(steps, recipe) == {}
    recipe[0] = {"privacy": {"text": ["caption"], "act": "drop"}}
    assert why(steps, recipe) == {"c": "left before privacy caption looked"}


def test_what_a_person_calls_unsafe_is_never_shown() -> None:
    steps = [
        ("read", lines("abc")),
        (
            "review",
            [
                *lines("a", verdict="drop", reason="unsafe, said Ada"),
                *lines("b", verdict="flag", reason="unsafe, said Bob"),
            ],
        ),
    ]
    assert why(steps) == dict.fromkeys("ab", "a person called it unsafe")


def test_of_what_is_withheld_a_report_tells_id_and_reason_alone(facts: Any) -> None:
    said = {"verdict": "drop", "reason": "image unsafe", "detail": "secret words"}
    shown = evidence(
        [("read", lines("ab")), ("safety nsfw", [*lines("a"), *lines("b", **said)])], [NSFW]
    )

    class Nothing:
        def read(self, field: str, pair_ids: Any) -> dict[str, bytes]:
            assert list(pair_ids) == ["a"]
            return {}

    report = report_of(shown, facts, [], Nothing())
    hidden = next(one for one in report.shown if one.pair_id == "b")
    assert (hidden.texts, hidden.metadata, hidden.media, hidden.row) == ({}, {}, {}, None)
    assert hidden.withheld == "safety nsfw dropped it"
    assert [line.reason for line in hidden.lines] == [None, "image unsafe"]
    assert "secret" not in repr(hidden)
    assert "caption of b" not in repr(report)
    assert "caption of a" in repr(report)
