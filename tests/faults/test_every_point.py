"""A command dies or fails at any point of it: nothing is lost, nothing is half there, and the same
command run again ends as if nothing had been.

`python -m tests.faults.everything` tries every fault at every point; here are those at which something was
lost once, and, as `slow`, every point with one fault.
"""

from __future__ import annotations

import pytest

from tests.faults import states
from tests.faults.harness import FAULTS, Scenario

NAMED = {fault.name: fault for fault in FAULTS}
PARTS = 8


def first_of(scenario: Scenario, point: str) -> int:
    """The number of the first point whose kind and path begin so."""
    return next(n for name, (n, *_) in scenario.classes.items() if name.startswith(point))


@pytest.mark.parametrize(
    ("fault", "point"),
    [
        ("EACCES", "look .curate/store/values/image.thumbnail"),
        ("EMFILE", "look media/things/*.wav"),
        ("EIO", "write releases/ten/.staging-*/pairs.parquet"),
        ("EIO", "look releases/ten"),
        ("killed", "rename releases/ten/1.0.0"),
        ("torn", "write .curate/store/values/image.probe"),
        ("ENOSPC", "open reports/ten/"),
        ("killed", "mkdir data_cards"),
    ],
)
@pytest.mark.parametrize("scenario", ["first"], indirect=True)
def test_where_something_was_lost_once(scenario: Scenario, fault: str, point: str) -> None:
    scenario.hold(first_of(scenario, point), NAMED[fault])


@pytest.mark.parametrize(
    ("fault", "point"),
    [
        ("EIO", "read .curate/store/values/image.probe"),
        ("torn", "write data_cards/ten/"),  # of a release that was removed a card stands
    ],
)
@pytest.mark.parametrize("scenario", ["scattered"], indirect=True)
def test_while_small_fragments_are_put_together(scenario: Scenario, fault: str, point: str) -> None:
    scenario.hold(first_of(scenario, point), NAMED[fault])


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("scenario", states.STATES, indirect=True)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_point(scenario: Scenario, part: int) -> None:
    """Every eighth of them, each with one of the faults that it can have."""
    lost = []
    for number in range(1 + part, len(scenario.undisturbed.points) + 1, PARTS):
        faults = scenario.faults(number)
        try:
            scenario.hold(number, faults[number // PARTS % len(faults)])
        except AssertionError as error:
            lost.append(str(error))
    assert not lost, "\n\n".join(lost)
