"""The band of the flow: as wide as there are pairs, and nothing is lost between its pieces."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from curate.report.content import Exit, Passage
from curate.report.sankey import REACH, THINNEST, WIDEST, stretches

steps = st.lists(
    st.tuples(st.integers(0, 500), st.lists(st.integers(1, 400), max_size=4)),
    min_size=1,
    max_size=8,
)


def flow(pairs: int, told: list[tuple[int, list[int]]]) -> list[Passage]:
    """Passages that add up: no more leave than there are."""
    passages = []
    for at, (added, wanted) in enumerate(told):
        before, left = pairs, pairs + added
        exits: list[Exit] = []
        for number in wanted:
            exits.append(Exit("drop", f"reason {len(exits)}", min(number, left)))
            left -= exits[-1].pairs
        passages.append(Passage(f"{at:02}", "step", before, added, tuple(exits), left, None))
        pairs = left
    return passages


@given(st.integers(0, 10_000), steps)
def test_the_band_goes_on_as_wide_as_it_was(pairs: int, told: list[tuple[int, list[int]]]) -> None:
    passages = flow(pairs, told)
    pixel = WIDEST / max(1, *(one.before + one.added for one in passages))
    band = stretches(passages)
    for one, following in itertools.pairwise(band):
        assert one.after == following.before
    for one in band:
        assert abs(one.after - one.passage.after * pixel) < 1e-6
        widths = [(one.passage.before + one.passage.added) * pixel]
        widths += [ribbon.band for _, ribbon in one.leaves]
        assert widths == sorted(widths, reverse=True)
        assert abs(widths[-1] - one.after) < 1e-6
        assert (one.joins is None) == (one.passage.added == 0)


def test_a_single_pair_of_a_million_is_seen() -> None:
    (one,) = stretches(flow(1_000_000, [(0, [1])]))
    ((_, ribbon),) = one.leaves
    assert f"V{(ribbon.height + THINNEST) / 2:.2f}" in ribbon.path
    assert f" {REACH} " in ribbon.path


def test_nothing_was_read() -> None:
    (one,) = stretches([Passage("00", "read", 0, 0, (), 0, None)])
    assert (one.before, one.after) == (0, 0)
    assert stretches([]) == ()
