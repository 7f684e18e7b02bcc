"""What a build is told of its engine, and the release that is the same with any."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.engines.choice import EngineName
from curate.recipe.extras import is_installed
from tests.engines.conftest import needs_ray
from tests.workspace import STEPS, Workspace, curate

ALIGN = {"align": {"score": ["image", "caption"], "drop": {"below_quantile": 0.1}}}


@pytest.mark.parametrize("option", ["--address", "--depot"])
def test_what_the_local_engine_has_no_use_for(workspace: Workspace, option: str) -> None:
    said = curate("build", workspace.path, option, "somewhere:6379")
    assert said.code == 1
    *_, message, hint = said.err.splitlines()
    assert message.endswith(f"the local engine has no use for {option}")
    assert hint == "hint: add --engine ray"


@needs_ray
def test_nobody_at_the_address(workspace: Workspace) -> None:
    said = curate("build", workspace.path, "--engine", "ray", "--address", "127.0.0.1:1")
    assert said.code == 1
    assert "no Ray cluster answers at 127.0.0.1:1: " in said.err
    assert "hint: start one with `ray start --head`, or leave --address out" in said.err


def test_room_for_a_measure(workspace: Workspace) -> None:
    """It changes no digest; room for what is never measured is told."""
    plain = workspace.having(version="draft").build()
    room = {"image.sketch": {"cpus": 2}, "image.sketches": {"gpus": 1}}
    said = curate("build", workspace.having(version="draft", resources=room).path, "--json")
    assert said.document["digest"] == plain.digest
    assert said.document["warnings"] == {"resources": 1}
    assert "no measure 'image.sketches'" in said.err


def test_no_room(workspace: Workspace) -> None:
    said = curate("build", workspace.having(resources={"image.sketch": {"cpus": 0}}).path)
    assert said.code == 2
    assert "'cpus' must be more than 0" in said.err


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not is_installed("embedded"), reason="needs the extra 'embedded'")
@pytest.mark.parametrize("engine", ["local", pytest.param("ray", marks=needs_ray)])
def test_the_same_release(workspace: Workspace, tmp_path: Path, engine: EngineName) -> None:
    """With models, which stay loaded in processes of their own."""
    place = workspace.having(steps=[*STEPS, ALIGN])
    first = place.build(store=tmp_path / "first", workers=1, batch_size=1)
    built = place.build(store=tmp_path / "second", workers=2, engine=engine)
    assert built.digest == first.digest
    assert built.usage.computed == first.usage.computed
    assert ("other processes" in " ".join(built.energy.notes)) == (engine == "ray")
