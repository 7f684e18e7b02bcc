"""A build stops when its budget is spent, at any moment; the next one goes on and nothing is done twice."""

from __future__ import annotations

import json
import time
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curate as package
from curate.engines.choice import EngineName
from curate.errors import BudgetSpent, CurateError
from curate.store.store import MeasureStore
from tests.conftest import Finished
from tests.engines.conftest import ENGINES
from tests.workspace import Workspace, curate

THREE = [
    {"filter": {"image.sharpness": 0.0, "caption.words": {"min": 1}}},
    {"dedup": {"near": "image"}},
]


def measured(store: Path) -> int:
    """Values that are in a store."""
    return int(MeasureStore(store).contents()["values"].sum())


class Ticking:
    """A clock that goes on by a second whenever somebody looks."""

    def __init__(self) -> None:
        self.ticks = count()

    def time(self) -> float:
        return float(next(self.ticks))


@settings(max_examples=12)
@given(looks=st.integers(1, 130), workers=st.integers(1, 3))
def test_any_moment(finished: Finished, looks: int, workers: int) -> None:
    """However often it is stopped, the release is the same, and every value is computed once."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        store = Path(folder)
        options: dict[str, Any] = {"store": store, "workers": workers, "batch_size": 2}
        patched.setattr("curate.run.budget.time", Ticking())
        for _ in range(3):
            try:
                finished.workspace.build(**options, minutes=looks / 60)
            except BudgetSpent as spent:
                assert "nothing was published" in spent.message
            else:
                break
        before = measured(store)
        again = finished.workspace.build(**options)
        assert again.digest == finished.built.digest
        assert before + again.usage.computed == finished.built.usage.computed
        assert measured(store) == finished.built.usage.computed


def test_what_is_said(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.run.budget.time", Ticking())
    said = curate("build", workspace.path, "--budget-minutes", "0.2", "--batch-size", "2", "--json")
    assert said.code == 5
    assert "stopped: the budget of 0.2 minutes is spent; " in said.err
    assert "hint: run the same command again: it goes on where this one stopped" in said.err
    assert json.loads(said.out)["error"]["kind"] == "BudgetSpent"
    assert not workspace.release.exists()
    monkeypatch.setattr("curate.run.budget.time", time)
    assert curate("build", workspace.path, "--budget-minutes", "30").code == 0
    assert workspace.release.exists()


def test_energy(workspace: Workspace) -> None:
    """What is begun is finished: with the least budget something is measured each time."""
    with pytest.raises(BudgetSpent, match=r"the budget of 1e-09 Wh is spent"):
        package.build(workspace.path, budget_kwh=1e-12)
    assert not workspace.release.exists()
    assert measured(workspace.store) > 0
    assert package.build(workspace.path, budget_kwh=10.0).digest


def test_energy_that_nothing_meters(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("no hardware")

    monkeypatch.setattr("curate.governance.instrument._tracker", broken)
    with pytest.raises(CurateError, match="energy cannot be metered here"):
        workspace.build(kwh=1.0)
    assert workspace.having(version="2.0.0").build(minutes=10).published


def test_energy_elsewhere(workspace: Workspace) -> None:
    said = curate("build", workspace.path, "--engine", "ray", "--budget-kwh", "1")
    assert said.code == 1
    assert "--budget-kwh cannot be kept with --engine ray" in said.err


@pytest.mark.parametrize("engine", ENGINES)
def test_on_every_engine(workspace: Workspace, engine: EngineName, tmp_path: Path) -> None:
    """Nothing is begun once it is spent, and the next build is the undisturbed one's."""
    workspace = workspace.having(steps=THREE)
    whole = workspace.build(store=tmp_path / "whole")
    with pytest.raises(BudgetSpent):
        workspace.build(minutes=1e-9, engine=engine, workers=1)
    assert measured(workspace.store) == 0
    again = workspace.build(engine=engine, workers=1, minutes=60)
    assert (again.digest, again.usage.computed) == (whole.digest, whole.usage.computed)


def test_a_budget_is_more_than_nothing(workspace: Workspace) -> None:
    said = curate("build", workspace.path, "--budget-minutes", "0")
    assert said.code == 1
    assert "--budget-minutes" in said.err
