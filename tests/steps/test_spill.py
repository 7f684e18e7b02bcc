"""Tables that may not be held in memory: the same values from a file, and a bound that reads well."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.steps.spill import VARIABLE, Columns, memory
from tests.steps.conftest import Table
from tests.steps.test_dedup_step import gone, texts


@pytest.mark.parametrize(
    ("told", "size"),
    [("", 10**9), ("2GB", 2 * 10**9), ("500 mb", 5 * 10**8), ("1.5KB", 1500), ("64", 64)],
)
def test_sizes(monkeypatch: pytest.MonkeyPatch, told: str, size: int) -> None:
    monkeypatch.setenv(VARIABLE, told)
    assert memory() == size


@pytest.mark.parametrize("told", ["much", "-1GB", "4 GiB", "nan"])
def test_what_is_no_size(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    monkeypatch.setenv(VARIABLE, told)
    with pytest.raises(CurateError, match=f"{VARIABLE} is '{told}', which is no size"):
        memory()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.integers(0, 7), max_size=6), st.integers(1, 5), st.sampled_from(["0", "1GB"]))
def test_columns_come_back(
    monkeypatch: pytest.MonkeyPatch, lengths: list[int], count: int, told: str
) -> None:
    monkeypatch.setenv(VARIABLE, told)
    blocks = [
        np.random.default_rng(length).integers(0, 2**63, (count, length), np.uint64)
        for length in lengths
    ]
    whole = np.concatenate([np.zeros((count, 0), np.uint64), *blocks], axis=1)
    with Columns(count, sum(lengths) + 3, np.uint64) as columns:
        for block in blocks:
            columns.add(block)
        assert np.array_equal(np.stack(list(columns)), whole)
        assert np.array_equal(np.stack(list(columns)), whole)


def test_copies_are_the_same_whatever_the_bound(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    captions = [
        f"{n % 40 * 7919} words, then {n % 40} more{'!' * (n // 40)} {n // 40}" for n in range(120)
    ]
    step = {"dedup": {"near": "caption", "minhash": {"threshold": 0.7}}}
    found = []
    for told in ("1GB", "0"):
        monkeypatch.setenv(VARIABLE, told)
        found.append(gone(texts(table, captions).decide(step)))
    assert found[0] == found[1]
    assert found[0]
