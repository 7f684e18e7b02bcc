"""A few worlds of the soak; `make soak` plays many. A seed that failed once is added to `FAILED`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.harness import Server
from tests.soak.world import World

FAILED = [6, 4031]
"""6: a forgetting took a picture that was made, and left what spoke of it. 4031: the card of a
forgetting's successor could not be filed, and the forgetting was taken for finished.
"""
SOME = [2, 9]


@pytest.mark.parametrize("seed", FAILED + SOME)
def test_a_world_ends_as_one_in_peace(seed: int, server: Server, tmp_path: Path) -> None:
    World(seed, tmp_path / "world", server).live()


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(100, 140))
def test_more_worlds(seed: int, server: Server, tmp_path: Path) -> None:
    World(seed, tmp_path / "world", server).live()
