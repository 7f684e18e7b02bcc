"""SQL of strangers: what is read is read soon, and nothing that is written there ends the process."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.steps.expression import beyond_the_row, names_in
from tests.workspace import Workspace, curate


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        (" AND ".join(["a > 1"] * 50_000), "it has more than 100,000 characters"),
        (" AND ".join(["a > 1"] * 5_000), "it has 9,999 operators, and at most 200 are read"),
        ("+".join(["a"] * 50_000), "it has 49,999 operators"),
        ("- " * 40_000 + "a", "it has 40,000 operators"),
        ("NOT " * 10_000 + "a", "it has 10,000 operators"),
        ("LENGTH(LPAD(a, 2000000000, 'x')) > 1", "it may not use LPAD"),
        ("CAST(a AND " * 60, "its brackets nest more than 16 deep"),
        ("NOT (" * 30 + "a" + ")" * 30, "its brackets nest more than 16 deep"),
        ("a = rpad (a, 2000000000, 'x')", "it may not use RPAD"),
    ],
    ids=lambda text: text[:20],
)
def test_too_much_is_not_parsed(expression: str, told: str) -> None:
    start = time.perf_counter()
    found = names_in(expression)
    assert isinstance(found, str)
    assert found.startswith(told)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 20_000 + "a" + ")" * 20_000,
        "abs(" * 10_000 + "a" + ")" * 10_000,
        "CASE WHEN a THEN " * 150 + "1" + " ELSE 2 END" * 150,
        "a IN (" + "1," * 20_000 + "1)",
        "a = '" + "and or not " * 5_000 + "'",
    ],
    ids=lambda text: text[:20],
)
def test_depth_and_length_end_soon(expression: str) -> None:
    start = time.perf_counter()
    names_in(expression)
    assert time.perf_counter() - start < 5


def test_a_recipe_with_such_a_filter_is_refused(workspace: Workspace) -> None:
    where = " OR ".join(["category = 'birds'"] * 3_000)
    said = curate("build", workspace.having(steps=[{"filter": {"where": where}}]).path)
    assert said.code == 2
    assert "operators, and at most 200 are read" in said.err


WORDS = st.sampled_from(
    [
        "a",
        "b",
        "1",
        "'x'",
        "''",
        "(",
        ")",
        ",",
        "AND",
        "OR",
        "NOT",
        "IN",
        "LIKE",
        "=",
        "<",
        "+",
        "-",
        "||",
        "CASE",
        "WHEN",
        "THEN",
        "END",
        "CAST(",
        "NULL",
        "IS",
        "::",
        "[1]",
        "*",
        ".",
        "EXISTS",
        "FROM",
        "WITH",
        "OVER(",
        "INTERVAL",
        "DATE",
        "'2020-01-01'",
        "AS",
        "INT",
        "\x00",
        "--",
        "/*",
    ]
)


@settings(max_examples=300)
@given(st.lists(WORDS, max_size=25).map(" ".join) | st.text(max_size=40))
def test_any_words_are_names_or_a_reason(expression: str) -> None:
    if beyond_the_row(expression, ("a", "b")) is None:
        assert isinstance(names_in(expression), (list, str))
