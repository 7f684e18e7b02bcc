"""False alarms are rare, however many groups there are, and what is there is found."""

from __future__ import annotations

import pytest

from curate.governance.audit_settings import AuditSettings
from curate.governance.population import Counts
from curate.governance.selection import Judged, contrasts, judged
from tests.governance.counts import UNEVEN, counts, simulated

SETTINGS = AuditSettings()


def judge(table: Counts, settings: AuditSettings = SETTINGS) -> Judged:
    return judged(contrasts(table, settings), settings)


def significant(found: Judged) -> bool:
    return any((level.p_family or 1.0) <= 0.05 for level in found.levels["group"])


@pytest.mark.parametrize(
    "rate", [0.9, *(pytest.param(rate, marks=pytest.mark.slow) for rate in (0.5, 0.985))]
)
def test_no_difference_is_rarely_found(rate: float) -> None:
    """1,000 runs of a true null with 8 uneven groups: at most 5 % find anything significant."""
    first = int(1_000_000 * rate)
    alarms = sum(significant(judge(simulated(first + run, [rate] * 8))) for run in range(1000))
    assert alarms <= 50


@pytest.mark.parametrize("rate", [0.5, 0.8])
def test_ten_points_less_in_a_group_of_500_are_found(rate: float) -> None:
    rates = [rate] * 8
    rates[UNEVEN.index(500)] -= 0.1
    found = 0
    for seed in range(200):
        level = judge(simulated(seed, rates)).levels["group"][UNEVEN.index(500)]
        found += level.flagged == "kept less"
    assert found >= 0.9 * 200


def test_two_groups_are_one_test() -> None:
    found = judge(counts([450, 300], [500, 500]))
    one, other = found.levels["group"]
    assert found.family.tests == 1
    assert one.p == one.p_family == other.p_family
    assert (one.flagged, other.flagged) == (None, "kept less")


def test_small_groups_are_shown_and_not_judged() -> None:
    large, _, small, tiny = judge(counts([900, 110, 10, 0], [1000, 150, 50, 9])).levels["group"]
    assert (large.p_family or 1) < 1
    assert small.rate is not None
    assert (small.p, small.not_judged, small.flagged) == (None, "fewer than 100 pairs", None)
    assert (tiny.n, tiny.kept, tiny.rate, tiny.difference) == (None, None, None, None)


def test_a_group_is_not_judged_against_a_handful() -> None:
    large, _ = judge(counts([900, 10], [1000, 50])).levels["group"]
    assert large.not_judged == "fewer than 100 other pairs"


def test_significant_and_small_is_not_flagged() -> None:
    found = judge(counts([97_000, 98_000], [100_000, 100_000])).levels["group"]
    assert all((level.p_family or 1) < 1e-6 for level in found)
    assert not any(level.flagged for level in found)


def test_where_little_is_kept_the_ratio_tells() -> None:
    """One per cent against two is far, though only one point apart."""
    _, less = judge(counts([400, 200], [20_000, 20_000])).levels["group"]
    assert less.flagged == "kept less"


def test_where_most_is_kept_the_difference_tells() -> None:
    """Fifteen per cent lost against two is far, though the ratio is above four fifths."""
    _, less = judge(counts([1960, 595], [2000, 700])).levels["group"]
    assert (less.ratio or 0) > 0.8
    assert less.flagged == "kept less"


def test_a_group_that_is_kept_more_is_named_too() -> None:
    found = judge(counts([700] * 7 + [1000], [1000] * 8)).levels["group"]
    assert [level.flagged for level in found] == [None] * 7 + ["kept more"]
