from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import states
from tests.faults.harness import Scenario, Server


@pytest.fixture(scope="session")
def scenario(
    request: pytest.FixtureRequest,
    server: Server,
    tmp_path_factory: pytest.TempPathFactory,
    media: Path,
) -> Scenario:
    """The state that the test names, made once."""
    name = request.param
    return states.STATES[name](tmp_path_factory.mktemp(name), media, server)
