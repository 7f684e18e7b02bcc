"""Energy by step, from the tasks of `energy.json`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.governance.energy import summed

if TYPE_CHECKING:
    from curate.governance.energy import Energy, EnergyTask


@dataclass(frozen=True)
class Spent:
    """What one step's tasks took together."""

    step: str
    name: str
    kwh: float | None
    saved_kwh: float | None
    seconds: float
    computed: int
    reused: int

    @property
    def title(self) -> str:
        return f"{self.step} {self.name}".strip()


def spent(energy: Energy) -> tuple[Spent, ...]:
    """Steps in order; what no step asked for is one without a number."""
    by_step: dict[tuple[str, str], list[EnergyTask]] = {}
    for task in energy.tasks:
        by_step.setdefault((task.step, task.name), []).append(task)
    return tuple(_spent(step, name, tasks) for (step, name), tasks in by_step.items())


def _spent(step: str, name: str, tasks: list[EnergyTask]) -> Spent:
    return Spent(
        step=step,
        name=name,
        kwh=summed([task.kwh for task in tasks]),
        saved_kwh=summed([task.saved_kwh for task in tasks]),
        seconds=sum(task.seconds for task in tasks),
        computed=sum(task.computed for task in tasks),
        reused=sum(task.reused for task in tasks),
    )
