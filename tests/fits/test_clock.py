"""The clock between two signals: found where it is, and said to be unsure where it is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.fits.clock import Clock, Reach, activity, draw, estimate, rearranged, shuffled

RATE = 100
REACH = Reach(offset=10.0, drift=0.02)


def motion(times: np.ndarray, seed: int = 0) -> np.ndarray:
    """The energy of a movement that comes and goes, at any times in seconds."""
    chance = np.random.default_rng(seed)
    bursts, widths = chance.uniform(-20, 400, 200), chance.uniform(0.1, 1.0, 200)
    heights = chance.uniform(0.3, 2, 200)
    shapes = np.exp(-0.5 * np.square((times[:, None] - bursts) / widths))
    summed = shapes @ heights
    assert isinstance(summed, np.ndarray)
    return summed


def noisy(signal: np.ndarray, share: float, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=len(signal))
    return np.asarray(signal + share * signal.std() * noise)


def between(one: np.ndarray, other: np.ndarray) -> Clock:
    found = estimate(one, other, RATE, REACH, rearranged(one))
    assert found is not None
    return found


TIMES = np.arange(120 * RATE) / RATE


@pytest.mark.parametrize(("offset", "drift"), [(0, 0), (0.37, 0), (-4.123, 0.005), (7.5, -0.018)])
@pytest.mark.parametrize(("noise", "exact"), [(0.0, 0.02), (0.5, 0.06)])
def test_two_streams_of_one_movement(
    offset: float, drift: float, noise: float, exact: float
) -> None:
    """Two sensors, the first on a clock that is off; without noise, to two frames."""
    one = noisy(motion(offset + (1 + drift) * TIMES), noise, 1)
    found = between(one, noisy(motion(TIMES), noise, 2))
    assert found.offset == pytest.approx(offset, abs=exact)
    assert found.drift == pytest.approx(drift, abs=exact / 60)
    assert found.chance < 0.001
    assert found.time_error < 2 * exact


def test_errors_are_of_the_size_that_they_say() -> None:
    """Over 12 draws of noise the estimates scatter by about what each says of itself."""
    found = [
        between(noisy(motion(TIMES), 1.0, seed), noisy(motion(TIMES), 1.0, 99 + seed))
        for seed in range(12)
    ]
    scatter = np.sqrt(np.mean([clock.offset**2 for clock in found]))
    told = np.sqrt(np.mean([clock.offset_error**2 for clock in found]))
    assert 0.5 < told / scatter < 2.5


def test_movements_that_have_nothing_in_common() -> None:
    found = [between(motion(TIMES, seed), motion(TIMES, 50 + seed)) for seed in range(10)]
    assert min(clock.chance for clock in found) > 0.001


def test_a_rhythm_fits_at_every_beat() -> None:
    beats = (TIMES % 2 < 0.5).astype(float)
    found = between(beats, np.roll(beats, 70))
    assert found.correlation > 0.9
    assert found.margin < 0.05


def test_what_never_changes_has_no_clock() -> None:
    moves, still = motion(TIMES), np.ones(len(TIMES))
    for one, other in [(moves, still), (still, moves), (moves, still[:0])]:
        assert estimate(one, other, RATE, REACH, []) is None


def test_cues_are_shuffled_with_their_pauses() -> None:
    """Cues that overlap are one; lengths and pauses stay what they are, in another order."""
    start, end = np.array([8.0, 1.0, 2.0, 5.0]), np.array([9.0, 3.0, 4.0, 5.5])
    found = list(shuffled(start, end))
    assert len({tuple(first) for first, _ in found}) > 5
    for first, last in found:
        assert sorted(last - first) == pytest.approx([0.5, 1, 3])
        assert sorted(first - np.append(0, last[:-1])) == pytest.approx([1, 1, 2.5])


def test_activity_does_not_depend_on_the_level_of_the_recording() -> None:
    chance = np.random.default_rng(0)
    decibels = np.where(chance.random(2000) < 0.3, 80.0, 40.0) + chance.normal(size=2000)
    assert activity(decibels) == pytest.approx(activity(decibels - 30), abs=1e-9)
    assert set(activity(decibels)) == {0.0, 1.0}
    assert np.ptp(activity(np.full(100, 20.0))) == 0


SPANS = st.lists(st.tuples(st.floats(0, 8), st.floats(0.01, 3)), min_size=1, max_size=5)


@given(spans=SPANS)
def test_cues_are_drawn_to_fractions_of_a_frame(spans: list[tuple[float, float]]) -> None:
    """Frame by frame, the part that lies inside; cues that overlap count once per frame at most."""
    start = np.array([at for at, _ in spans])
    end = start + [length for _, length in spans]
    drawn = draw(start, end, 500, 100)
    edges = np.arange(len(drawn) + 1) / 100
    shares = sum(
        np.clip(np.minimum(edges[1:], e) - np.maximum(edges[:-1], s), 0, None) * 100
        for s, e in zip(start, end, strict=True)
    )
    assert len(drawn) >= 500
    assert drawn == pytest.approx(np.clip(shares, 0, 1), abs=1e-6)
