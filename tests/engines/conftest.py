"""The engines, each to be handed to the same test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from curate.engines.choice import engine_of
from curate.engines.engine import Engine
from curate.recipe.extras import is_installed

needs_ray = pytest.mark.skipif(not is_installed("ray"), reason="needs the extra 'ray'")

ENGINES = ["local", pytest.param("ray", marks=needs_ray)]


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """It starts when it is first used."""
    with engine_of(request.param, workers=2, batch_size=3, address=None) as chosen:
        yield chosen
