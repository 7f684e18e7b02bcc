"""Intervals and tests of shares, against published and other people's figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from curate.evaluation.interval import wilson
from curate.governance.family import holm
from curate.governance.proportion import Part, detectable, fisher, newcombe


@st.composite
def parts(draw: st.DrawFn) -> Part:
    n = draw(st.integers(1, 3000))
    return Part(draw(st.integers(0, n)), n)


@given(parts())
def test_wilson_is_that_of_scipy(part: Part) -> None:
    theirs = binomtest(part.kept, part.n).proportion_ci(method="wilson")
    assert wilson(*part) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_newcombe_as_published() -> None:
    """Newcombe 1998, table II, method 10."""
    published = {
        (Part(56, 70), Part(48, 80)): (0.0524, 0.3339),
        (Part(9, 10), Part(3, 10)): (0.1705, 0.8090),
        (Part(10, 10), Part(0, 20)): (0.6791, 1.0),
        (Part(5, 56), Part(0, 29)): (-0.0381, 0.1926),
    }
    for (one, other), interval in published.items():
        assert newcombe(one, other) == pytest.approx(interval, abs=5e-5)


@given(parts(), parts())
def test_an_interval_holds_its_difference_and_turns_with_it(one: Part, other: Part) -> None:
    low, high = newcombe(one, other)
    assert low - 1e-9 <= one.rate - other.rate <= high + 1e-9
    assert newcombe(other, one) == pytest.approx((-high, -low), abs=1e-12)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_keeps_the_order_and_lowers_nothing(values: list[float]) -> None:
    adjusted = holm(values)
    assert all(after >= before for before, after in zip(values, adjusted, strict=True))
    order = sorted(range(len(values)), key=values.__getitem__)
    assert [adjusted[place] for place in order] == sorted(adjusted)


def test_what_can_be_found_shrinks_with_size_and_is_found() -> None:
    rest = Part(8000, 10_000)
    losses = [detectable(n, rest, 0.005) for n in (100, 500, 5000)]
    assert losses == sorted(losses, key=lambda loss: -(loss or 0))
    loss = losses[1] or 0.0
    just = Part(round(500 * (0.8 - loss)), 500)
    assert fisher(just, rest) < 0.005
    assert detectable(100, Part(1, 10_000), 0.005) is None
    assert detectable(100, Part(0, 10_000), 0.005) is None
