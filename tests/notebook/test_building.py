"""Plans and builds from Python, and what is seen while they run."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

import curate
from curate.errors import CurateError, RecipeError
from curate.notebook.progress import Page, in_notebook, watching
from curate.recipe import read_recipe
from curate.watching import Lines
from tests.workspace import KEPT, Workspace


def test_a_build(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    release = curate.build(workspace.path, workers=1)
    assert release.path == workspace.release
    assert release.pairs.filter(status="kept").height == KEPT
    told = capsys.readouterr()
    assert "dedup near image: " in told.err
    assert not told.out


def test_a_recipe_that_was_read(workspace: Workspace) -> None:
    release = curate.build(read_recipe(workspace.path), limit=6)
    assert (release.version, release.pairs.height) == ("draft", 6)


def test_a_plan(workspace: Workspace) -> None:
    planned = curate.plan(workspace.path)
    assert planned.plan.rows == 10
    assert repr(planned).startswith("10 rows\n  step ")
    assert "values to measure" in repr(planned)
    workspace.build()
    again = curate.plan(workspace.path)
    assert again.plan.missing == 0
    assert "0 values to measure, about " in repr(again)
    assert "<th>to measure</th>" in again._repr_html_()


def test_a_recipe_that_is_wrong(workspace: Workspace) -> None:
    with pytest.raises(RecipeError, match="no step is called 'dedupe'|dedupe"):
        curate.build(workspace.having(steps=[{"dedupe": {}}]).path)


def test_errors_in_a_notebook_are_words() -> None:
    error = CurateError("there is no such thing", "take another")
    assert error._render_traceback_() == [
        "CurateError: there is no such thing",
        "hint: take another",
    ]
    assert CurateError("that was it")._render_traceback_() == ["CurateError: that was it"]


def test_outside_of_a_notebook() -> None:
    assert not in_notebook()
    with watching() as progress:
        assert isinstance(progress, Lines)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a notebook's cell would show, one after the other."""
    shown: list[str] = []
    ipython, display = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    handle = types.SimpleNamespace(update=shown.append)
    parts: dict[str, Any] = {"HTML": str, "display": lambda _html, display_id: handle}
    vars(display).update(parts)
    shell = types.SimpleNamespace(kernel=object())
    vars(ipython).update(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    yield shown


def test_in_a_notebook(notebook: list[str], workspace: Workspace) -> None:
    assert in_notebook()
    release = curate.build(workspace.path)
    assert release.path.is_dir()
    assert notebook[0].startswith("<div>read: 10 pairs</div>")
    assert notebook[-1].startswith("<div>")
    assert " steps, " in notebook[-1]


def test_a_page() -> None:
    shown: list[str] = []
    page = Page(shown.append)
    page.step("filter <b>", 7)
    page.drawn = 0.0
    page.measure("image.probe", 4)
    page.drawn = 0.0
    page.advance("image.probe", 3)
    assert shown[0] == "<div>filter &lt;b&gt;: 7 pairs</div>"
    assert shown[-1].endswith(
        '<div><progress value="3" max="4"></progress> image.probe 3 of 4</div>'
    )
    page.warn("UserWarning: <i>", "more")
    page.warn("UserWarning: <i>", "more")
    page.close()
    assert shown[-1].startswith("<div>1 steps, ")
    assert shown[-1].endswith("<div>2 times: UserWarning: &lt;i&gt;</div>")


def test_a_page_of_nothing() -> None:
    shown: list[str] = []
    Page(shown.append).close()
    assert shown == [""]
