"""What builds say of their energy, with real builds and the machine's own instrument."""

from __future__ import annotations

import csv
import io
import json
import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.governance.energy import Energy, in_words
from curate.governance.grid import grid_of
from curate.governance.meter import Meter
from curate.governance.settings import Governance
from curate.recipe import read_recipe
from curate.release.evidence import read_facts
from curate.run.build import Options, opened
from curate.run.progress import Silence
from tests.workspace import Workspace, curate


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("something wants the network")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def of_germany(workspace: Workspace, **more: Any) -> Workspace:
    return workspace.having(governance={"country": "DEU", **more})


def check_sum(energy: Energy) -> float:
    """The total, which is that of its parts."""
    assert energy.kwh is not None
    assert energy.unattributed_kwh is not None
    parts = [task.kwh for task in energy.tasks if task.kwh is not None]
    assert sum(parts) + energy.unattributed_kwh == pytest.approx(energy.kwh)
    return energy.kwh


@pytest.mark.usefixtures("no_network")
def test_tasks_and_the_rest_add_up_to_the_total(workspace: Workspace) -> None:
    energy = of_germany(workspace).build().energy
    kwh = check_sum(energy)
    assert kwh > 0
    germany = grid_of("DEU")
    assert germany is not None
    assert energy.g_co2e == pytest.approx(kwh * germany.g_co2e_per_kwh)
    assert energy.method in {"measured", "estimated"}
    computed = {task.measure: task for task in energy.tasks if task.computed}
    assert computed["image.probe"].step == "00"
    assert all(task.kwh is not None for task in computed.values())
    assert all(task.method == energy.method for task in computed.values())
    assert Energy.model_validate_json(energy.model_dump_json()) == energy


def test_what_a_second_build_knows_is_saved(workspace: Workspace) -> None:
    place = of_germany(workspace)
    first, second = place.build().energy, place.build().energy
    assert first.saved_kwh is None
    assert second.kwh is None
    assert second.method is None
    assert any("nothing was computed" in note for note in second.notes)
    for measure in {task.measure for task in first.tasks if task.computed}:
        spent = sum(task.kwh or 0 for task in first.tasks if task.measure == measure)
        saved = sum(task.saved_kwh or 0 for task in second.tasks if task.measure == measure)
        assert saved == pytest.approx(spent)
    assert second.saved_g_co2e is not None
    assert "saved" in in_words(second)


def test_a_build_that_computes_nothing_says_what_that_saved(workspace: Workspace) -> None:
    place = of_germany(workspace)
    first = read_facts(place.build().path).energy
    assert first.kwh_saved.value == 0
    later = read_facts(place.having(version="1.0.1").build().path).energy
    assert later.kwh.status == "not_applicable"
    assert later.kwh.evidence == "not metered: nothing was computed"
    assert later.kwh_saved.value
    assert later.kwh_saved.status == "derived"


def test_of_a_country_without_a_grid_nobody_is_asked_for_its_name(workspace: Workspace) -> None:
    place = workspace.having(governance={"country": "ATA"})
    said = read_facts(place.build().path).energy.g_co2e
    assert said.status == "not_provided"
    assert said.by == "a table of grids that knows ATA"


def test_what_an_evaluation_asks_again_saves_nothing(workspace: Workspace) -> None:
    errors = [{"planted_errors": {"swap": "caption", "share": 0.4, "times": 3}}]
    place = of_germany(workspace).having(evaluate=errors)
    assert place.build().energy.saved_kwh is None


def test_without_a_country_no_grams_are_made_up(workspace: Workspace) -> None:
    energy = workspace.build().energy
    assert energy.kwh is not None
    assert energy.g_co2e is None
    assert energy.sci.per_1000_kept is None
    assert all(task.g_co2e is None for task in energy.tasks)
    assert "country not stated" in energy.notes
    unknown = workspace.having(governance={"country": "ATA"}, version="2.0.0").build().energy
    assert unknown.g_co2e is None
    assert "no grid intensity is known for ATA" in unknown.notes


def test_intensity_counts_what_is_declared_of_the_hardware(workspace: Workspace) -> None:
    energy = of_germany(workspace, embodied_g_co2e=5.0).build().energy
    assert energy.g_co2e is not None
    assert energy.sci.per_1000_read == pytest.approx((energy.g_co2e + 5) * 1000 / energy.read)
    assert energy.sci.per_1000_kept == pytest.approx((energy.g_co2e + 5) * 1000 / energy.kept)
    assert not any("not provided" in note for note in energy.notes)


def test_the_table_has_a_row_for_every_task_and_names_no_machine(workspace: Workspace) -> None:
    read = read_recipe(of_germany(workspace).path)
    with opened(read, Options(), Silence()) as (course, asking):
        course.run(asking)
        energy = asking.meter.energy(10, 7)
        text = asking.meter.emissions()
    rows = list(csv.DictReader(io.StringIO(text)))
    metered = [task for task in energy.tasks if task.kwh is not None]
    assert [row["task_name"] for row in rows][len(metered) :] == ["unattributed"]
    found = sum(float(row["energy_consumed"]) for row in rows)
    assert found == pytest.approx(energy.kwh)
    told = text + energy.model_dump_json()
    assert socket.gethostname() not in told.split(",")
    assert str(Path.home()) not in told
    assert not {"longitude", "latitude", "os", "python_version"} & set(rows[0])


def test_builds_at_once_in_threads_each_add_up(workspace: Workspace, tmp_path: Path) -> None:
    places = [of_germany(workspace.copied(tmp_path / str(number))) for number in range(3)]
    before = threading.active_count()
    with ThreadPoolExecutor(3) as pool:
        found = [built.energy for built in pool.map(Workspace.build, places)]
    for energy in found:
        check_sum(energy)
    assert threading.active_count() <= before


def test_files_and_variables_of_the_user_have_no_say(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CODECARBON_FORCE_CPU_POWER", "1000000")
    monkeypatch.setenv("CODECARBON_PUE", "1000000")
    monkeypatch.setenv("CODECARBON_LOG_LEVEL", "debug")
    monkeypatch.chdir(workspace.root)
    (workspace.root / ".codecarbon.config").write_text("[codecarbon]\nforce_ram_power = 1000000\n")
    files = {path.name for path in workspace.root.iterdir()}
    energy = of_germany(workspace).build().energy
    assert energy.kwh is not None
    assert energy.kwh < 0.1
    assert capfd.readouterr().err == ""
    made = {".curate", "releases", "data_cards", "reports"}
    assert {path.name for path in workspace.root.iterdir()} <= files | made


def test_a_build_goes_on_where_no_instrument_is_to_be_had(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace.root / ".codecarbon.config").write_text("no section")
    monkeypatch.chdir(workspace.root)
    built = of_germany(workspace).build()
    assert built.published
    assert built.energy.kwh is None
    assert any(note.startswith("not metered: ") for note in built.energy.notes)
    shelves = pl.DataFrame(json.loads(curate("store", "--json").out)["measures"])
    assert shelves["kwh"].null_count() == shelves.height


def test_a_plan_says_what_energy_to_expect(workspace: Workspace) -> None:
    place = of_germany(workspace)
    never = curate("plan", place.path, "--json").document
    assert never["kwh"] is None
    place.build(limit=5)
    planned = curate("plan", place.path, "--json").document
    assert planned["kwh"] > 0
    assert planned["g_co2e"] == pytest.approx(planned["kwh"] * planned["grid"]["g_co2e_per_kwh"])
    read = planned["steps"][0]
    assert read["kwh"] == pytest.approx(sum(need["kwh"] for need in read["needs"]))


def test_commands_say_a_line_of_it(workspace: Workspace) -> None:
    place = of_germany(workspace)
    assert "energy: " in curate("build", place.path).out
    document = curate("build", place.path, "--json").document
    assert document["energy"]["kwh"] is None
    assert document["energy"]["saved_kwh"] > 0


def test_nothing_is_metered_that_no_recipe_asks_for() -> None:
    meter = Meter()
    meter.begin()
    assert meter.charge({"image.probe": (3, 1.0)}) == {"image.probe": None}
    assert meter.energy(3, 3).kwh is None


def test_the_log_stays_silent() -> None:
    meter = Meter(Governance())
    meter.begin()
    assert logging.getLogger("codecarbon").getEffectiveLevel() == logging.CRITICAL
