"""Facts to go with evidence that is made up."""

from __future__ import annotations

import pytest

from curate.governance.facts import Facts
from curate.release.evidence import read_facts
from tests.conftest import Finished


@pytest.fixture(scope="session")
def facts(finished: Finished) -> Facts:
    return read_facts(finished.release)
