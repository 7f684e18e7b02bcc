"""What a build used of energy, and what it saved: the document `energy.json`.

Tasks are flat: one per step and measure, one per step and fit, and one per step for deciding. Their
kWh and `unattributed` (gathering, writing) add up to the total. Seconds before the instrument was
awake are in no figure but `unmetered_seconds`. What an endpoint's machine uses is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from curate.governance.grid import Grid

FILE = "energy.json"
Method: TypeAlias = Literal["measured", "estimated"]

COUNTRY_NOT_STATED = "country not stated"


class EnergyTask(BaseModel):
    """One flat task: a measure or fit of a step, or with neither, the step's deciding."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: str
    """The step's number; empty where no step asked."""
    name: str
    """The step's title."""
    measure: str | None
    """A measure's or fit's name; None for deciding."""
    kwh: float | None
    """None where nothing of it was metered."""
    g_co2e: float | None
    seconds: float
    """Of the clock on the wall."""
    computed: int
    reused: int
    """Values from the store, each counted once a build."""
    saved_kwh: float | None
    """What the reused values took when they were computed; None where that is not known."""
    method: Method | None


class Sci(BaseModel):
    """Software carbon intensity, ((E * I) + M) / R, in g CO2e (ISO/IEC 21031)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_1000_read: float | None
    per_1000_kept: float | None
    embodied_g_co2e: float | None
    """M, of the hardware's making, as declared; None, and left out, where it is not."""
    method: Method | None


class Energy(BaseModel):
    """A build's energy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    started: str
    finished: str
    method: Method | None
    """`measured` where the processor counts what it uses, `estimated` from its load otherwise;
    None where nothing was metered.
    """
    hardware: str | None
    country: str | None
    grid: Grid | None
    notes: list[str]
    """What is missing, and why."""
    tasks: list[EnergyTask]
    unattributed_kwh: float | None
    unmetered_seconds: float
    kwh: float | None
    g_co2e: float | None
    saved_kwh: float | None
    saved_g_co2e: float | None
    read: int
    kept: int
    kwh_per_1000_read: float | None
    kwh_per_1000_kept: float | None
    sci: Sci


def grams(kwh: float | None, grid: Grid | None) -> float | None:
    """The CO2e of so much energy; None where the grid is not known."""
    return None if kwh is None or grid is None else kwh * grid.g_co2e_per_kwh


def summed(values: Sequence[float | None]) -> float | None:
    """The sum of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def per_thousand(value: float | None, count: int) -> float | None:
    """A value for every thousand of what it was spent on."""
    return None if value is None or not count else value * 1000 / count


def in_words(energy: Energy) -> str:
    """The figures in a line."""
    if energy.kwh is None:
        said = "not metered"
    else:
        said = f"{kwh_in_words(energy.kwh)} {energy.method}"
        carbon = energy.g_co2e
        said += f", {carbon:.2g} g CO2e" if carbon is not None else f", {energy.notes[0]}"
    saved = energy.saved_kwh
    return said if saved is None else f"{said}; {kwh_in_words(saved)} saved by what was known"


def kwh_in_words(kwh: float) -> str:
    """A small amount in watt hours, a large one in kilowatt hours."""
    return f"{kwh:.3g} kWh" if kwh >= 1 else f"{kwh * 1000:.3g} Wh"
