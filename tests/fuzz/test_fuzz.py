"""Every reader on mutated files, for as long as a test may take; `make fuzz` goes on for minutes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import CurateError
from tests.fuzz.targets import FINDS, NAMES, target

KEPT = sorted(FINDS.glob("*/*"))
FILES = 25


@pytest.mark.parametrize("name", NAMES)
@settings(
    max_examples=FILES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 1 << 32))
def test_it_is_read_or_refused_in_words(name: str, seed: int) -> None:
    known = target(name)
    with suppress(CurateError):
        known.read(known.file(seed))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_found_once(path: Path) -> None:
    with suppress(CurateError):
        target(path.parent.name).read(path.read_bytes())


@pytest.mark.parametrize("name", NAMES)
def test_seeds_are_sound(name: str) -> None:
    """Otherwise nothing behind the first check would be tried."""
    known = target(name)
    if name not in {"recipe", "marks"}:
        for seed in known.seeds:
            known.read(seed)
