from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import states
from tests.faults.harness import Scenario, Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, media: Path) -> Iterator[Server]:
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler")
    with states.warmed(tmp_path_factory.mktemp("server"), media) as warm:
        yield warm


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
