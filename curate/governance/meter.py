"""Charges what a build uses to its tasks, and counts what known values saved.

At every turn (a step begins or ends, something was computed, a couple of seconds went by) the time
since the turn before is put to whoever ran. The instrument is read where values were computed, whose
energy the store notes, and else once turns have come to a fifth of a second, since a reading takes
some milliseconds: what it says is shared by those seconds. Until something is to be computed
there is no instrument, nothing is waited for, and only seconds are counted.
"""

from __future__ import annotations

import csv
import io
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from curate.governance.energy import (
    COUNTRY_NOT_STATED,
    Energy,
    EnergyTask,
    Method,
    Sci,
    grams,
    per_thousand,
    summed,
)
from curate.governance.grid import Grid, grid_of
from curate.governance.settings import Governance

if TYPE_CHECKING:
    from curate.governance.instrument import Instrument, Reading

_WORTH_READING = 0.2
"""Seconds."""

_OUTSIDE = ("", "release")
"""Whose measures are that no step asks for."""

_Place = tuple[str, str]
_Name = tuple[str, str, str | None]
_UNATTRIBUTED: _Name = ("", "unattributed", None)


@dataclass
class _Task:
    """One flat task as it adds up; energies in kWh."""

    cpu: float = 0.0
    gpu: float = 0.0
    ram: float = 0.0
    metered: bool = False
    seconds: float = 0.0
    computed: int = 0
    reused: int = 0
    saved: list[float | None] = field(default_factory=list)

    @property
    def kwh(self) -> float | None:
        return self.cpu + self.gpu + self.ram if self.metered else None

    def take(self, used: Reading, share: float) -> None:
        """Add a share of what was used."""
        self.metered = True
        self.cpu += used.cpu * share
        self.gpu += used.gpu * share
        self.ram += used.ram * share


class Meter:
    """Of one build, and of one thread. Without a recipe's settings nothing is metered: what answers
    a search does not wait for an instrument.
    """

    def __init__(self, governance: Governance | None = None) -> None:
        self.governance = governance or Governance()
        self._wanted = governance is not None
        self.elsewhere = False
        """Whether processes computed that the instrument does not see."""
        self.used = 0.0
        """kWh, by the last reading; to be looked at from any thread."""
        self.started = datetime.now(UTC)
        self.unattributed = _Task()
        self.unmetered_seconds = 0.0
        self.tasks: dict[_Name, _Task] = {}
        self._turned = time.perf_counter()
        self._held: list[tuple[_Task, float]] = []
        """Seconds of tasks since the last reading."""
        self._place: _Place | None = None
        self._waking: _Waking | None = None
        self._ready: Instrument | None = None

    def wake(self) -> None:
        """Begin to look for the hardware, beside whatever runs."""
        import numpy  # noqa: F401 - two threads must not meet it first

        self._waking = self._waking or _Waking()

    @contextmanager
    def stage(self, step: str, name: str) -> Iterator[None]:
        """Until it ends, what runs is this step's; a step within a step is part of it."""
        if self._place is not None:
            yield
            return
        self._turn(self.unattributed)
        self._place = (step, name)
        try:
            yield
        finally:
            self._turn(self._task(None))
            self._place = None

    def begin(self) -> None:
        """Something is about to be computed: what ran so far was deciding."""
        self._turn(self.unattributed if self._place is None else self._task(None))
        if self._wanted and self._ready is None:
            self.wake()
            self._ready = self._awaited()

    def charge(self, spent: Mapping[str, tuple[int, float]]) -> dict[str, float | None]:
        """Share what was used since the last turn: measure -> values computed, worker's seconds.
        Returns measure -> kWh, None where it was not metered.
        """
        if not spent:
            return {}
        whole = sum(seconds for _, seconds in spent.values())
        shares = {
            name: seconds / whole if whole else 1 / len(spent)
            for name, (_, seconds) in spent.items()
        }
        for name, (values, _) in spent.items():
            self._task(name).computed += values
        seconds = self._hold([(self._task(name), share) for name, share in shares.items()])
        rate = self._read()
        return {
            name: None if rate is None else rate * seconds * share for name, share in shares.items()
        }

    @property
    def awake(self) -> bool:
        """Whether there is an instrument."""
        return self._ready is not None

    def reuse(self, measure: str, values: int, kwh: float | None) -> None:
        """So many values were known, each worth so much; None where that was never metered."""
        if values:
            task = self._task(measure)
            task.reused += values
            task.saved.append(None if kwh is None else kwh * values)

    def energy(self, read: int, kept: int) -> Energy:
        """The document, of everything up to now."""
        self._turn(self.unattributed if self._place is None else self._task(None))
        self._read()
        grid, method = self._grid, self._method
        tasks = [self._line(name, task) for name, task in self.tasks.items()]
        unattributed = self.unattributed.kwh
        kwh = summed([*(task.kwh for task in tasks), unattributed])
        saved = summed([task.saved_kwh for task in tasks])
        carbon, embodied = grams(kwh, grid), self.governance.embodied_g_co2e
        whole = None if carbon is None else carbon + (embodied or 0.0)
        instrument = self._ready
        return Energy(
            started=self.started.isoformat(timespec="seconds"),
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            method=method,
            hardware=None if instrument is None else instrument.hardware,
            country=self.governance.country,
            grid=grid,
            notes=self._notes(grid, kwh),
            tasks=tasks,
            unattributed_kwh=unattributed,
            unmetered_seconds=self.unmetered_seconds,
            kwh=kwh,
            g_co2e=carbon,
            saved_kwh=saved,
            saved_g_co2e=grams(saved, grid),
            read=read,
            kept=kept,
            kwh_per_1000_read=per_thousand(kwh, read),
            kwh_per_1000_kept=per_thousand(kwh, kept),
            sci=Sci(
                per_1000_read=per_thousand(whole, read),
                per_1000_kept=per_thousand(whole, kept),
                embodied_g_co2e=embodied,
                method=method,
            ),
        )

    def emissions(self) -> str:
        """A row per task and one for what is of none, under codecarbon's names of columns; CO2e in
        kg, as there. Together they are the whole.
        """
        every = {**self.tasks, _UNATTRIBUTED: self.unattributed}
        rows = [self._row(name, task) for name, task in every.items() if task.metered]
        out = io.StringIO()
        writer = csv.DictWriter(out, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()

    def _task(self, measure: str | None) -> _Task:
        return self.tasks.setdefault((*(self._place or _OUTSIDE), measure), _Task())

    def _turn(self, task: _Task) -> None:
        self._hold([(task, 1.0)])
        if sum(seconds for _, seconds in self._held) > _WORTH_READING:
            self._read()

    def _hold(self, shares: list[tuple[_Task, float]]) -> float:
        """Put the seconds since the last turn to tasks; how many there were."""
        before, self._turned = self._turned, time.perf_counter()
        seconds = self._turned - before
        for task, share in shares:
            task.seconds += seconds * share
        if self._ready is None:
            self.unmetered_seconds += seconds
        else:
            self._held += [(task, seconds * share) for task, share in shares]
        return seconds

    def _read(self) -> float | None:
        """Share what was used among the seconds held; kWh a second, None without an instrument."""
        whole = sum(seconds for _, seconds in self._held)
        if self._ready is None or not whole:
            return None
        used = self._ready.read()
        self.used += used.kwh
        for task, seconds in self._held:
            task.take(used, seconds / whole)
        self._held.clear()
        return used.kwh / whole

    def _awaited(self) -> Instrument | None:
        assert self._waking is not None
        found = self._waking.instrument()
        if found is not None:
            found.read()  # what it saw while nobody listened is in no figure
        self._hold([(self.unattributed, 1.0)])
        return found

    @property
    def _method(self) -> Method | None:
        return None if self._ready is None else self._ready.method

    @property
    def _grid(self) -> Grid | None:
        country = self.governance.country
        return None if country is None else grid_of(country)

    def _notes(self, grid: Grid | None, kwh: float | None) -> list[str]:
        country, notes = self.governance.country, []
        if country is None:
            notes.append(COUNTRY_NOT_STATED)
        elif grid is None:
            notes.append(f"no grid intensity is known for {country}")
        if kwh is None:
            failed = self._waking is not None and self._waking.failure
            notes.append(f"not metered: {failed or 'nothing was computed'}")
        if self.elsewhere:
            notes.append("measures ran in other processes too; what those used is not metered")
        if self.governance.embodied_g_co2e is None:
            notes.append("emissions of the hardware's making not provided")
        return notes

    def _line(self, name: _Name, task: _Task) -> EnergyTask:
        step, title, measure = name
        return EnergyTask(
            step=step,
            name=title,
            measure=measure,
            kwh=task.kwh,
            g_co2e=grams(task.kwh, self._grid),
            seconds=task.seconds,
            computed=task.computed,
            reused=task.reused,
            saved_kwh=summed(task.saved),
            method=self._method if task.metered else None,
        )

    def _row(self, name: _Name, task: _Task) -> dict[str, Any]:
        assert self._ready is not None
        carbon, seconds = grams(task.kwh, self._grid), task.seconds
        kilos = None if carbon is None else carbon / 1000
        watts = {
            f"{part}_power": getattr(task, part) * 3.6e6 / seconds if seconds else 0.0
            for part in ("cpu", "gpu", "ram")
        }
        return {
            "task_name": " ".join(part for part in name if part),
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "project_name": "curate",
            "duration": seconds,
            "emissions": kilos,
            "emissions_rate": kilos / seconds if kilos is not None and seconds else None,
            **watts,
            "cpu_energy": task.cpu,
            "gpu_energy": task.gpu,
            "ram_energy": task.ram,
            "energy_consumed": task.kwh,
            "country_iso_code": self.governance.country,
            **self._ready.facts,
        }


_COLUMNS = [
    "task_name",
    "timestamp",
    "project_name",
    "duration",
    "emissions",
    "emissions_rate",
    "cpu_power",
    "gpu_power",
    "ram_power",
    "cpu_energy",
    "gpu_energy",
    "ram_energy",
    "energy_consumed",
    "country_iso_code",
    "codecarbon_version",
    "cpu_count",
    "cpu_model",
    "gpu_count",
    "gpu_model",
    "ram_total_size",
    "tracking_mode",
]


class _Waking:
    """An instrument being made in a thread of its own."""

    def __init__(self) -> None:
        self.failure: str | None = None
        self._made: Instrument | None = None
        self._thread = threading.Thread(target=self._make, name="energy")
        self._thread.start()

    def _make(self) -> None:
        from curate.governance.instrument import Instrument

        try:
            self._made = Instrument()
        except Exception as error:  # a build does not fail for want of a meter
            self.failure = f"{type(error).__name__}: {error}"

    def instrument(self) -> Instrument | None:
        """What was made, when it is; None where there is none to be had."""
        self._thread.join()
        return self._made
